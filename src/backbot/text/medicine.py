"""Whether a sentence itself advises on medicines: an amount, a mixture, stopping or changing one.

Such a sentence is never shown as an answer, whoever wrote it. Sending readers to a doctor,
pharmacist or leaflet is no advice of that kind and stays.
"""

import re
from typing import Literal

from backbot.text.clean import fold

Advice = Literal["dose", "mixing", "stopping"]

_MEDICINE = (
    r"(?:pain[- ]?killers?|pain relievers?|pain pills?|medicines?|medications?|meds|drugs?|pills?|"
    r"tablets?|capsules?|caplets?|prescriptions?|prescribed \w+|anti-?inflammator(?:y|ies)|nsaids?|"
    r"muscle relaxants?|steroids?|opioids?|opiates?|antidepressants?|ssris?|blood thinners?|"
    r"anticoagulants?|beta[- ]?blockers?|statins?|antibiotics?|antihistamines?|sleeping pills?|"
    r"sleeping tablets?|ibuprofen|paracetamol|acetaminophen|aspirin|naproxen|diclofenac|celecoxib|"
    r"meloxicam|etoricoxib|ketoprofen|codeine|co-?codamol|tramadol|morphine|oxycodone|hydrocodone|"
    r"fentanyl|gabapentin|pregabalin|amitriptyline|duloxetine|sertraline|citalopram|diazepam|"
    r"lorazepam|baclofen|tizanidine|cyclobenzaprine|methocarbamol|prednisolone|prednisone|"
    r"cortisone|warfarin|apixaban|rivaroxaban|clopidogrel|insulin|metformin|methotrexate|"
    r"melatonin|tylenol|advil|motrin|nurofen|panadol|aleve|voltaren|voltarol|lyrica|valium)"
)
_COUNT = r"(?:\d+(?:[.,/]\d+)?|an?|one|two|three|four|five|six|eight|ten|half|double|another)"
_TIMES = (
    r"(?:(?:every|each) (?:\w+ )?(?:hours?|day|morning|night|evening)|(?:once|twice|\w+ times) "
    r"(?:a|per|each|every|daily)|daily|(?:a|per) day|at (?:night|bedtime)|with (?:each )?meals?|"
    r"before (?:bed|sleep|exercis\w+))"
)
_AMOUNT = re.compile(
    r"\b\d+(?:[.,]\d+)?\s?(?:-\s?\d+\s?)?(?:mg|mcg|µg|μg|milligrams?|micrograms?|iu)\b"
)
_TAKES = r"(?:take|takes|taking|took|use|using|swallow|try|have|give|apply|rub in|start with|pop)"
_DOSE = re.compile(
    rf"\b{_TAKES}\b[^.;]{{0,30}}\b{_COUNT}\b[^.;]{{0,20}}\b{_MEDICINE}\b"
    rf"|\b{_TAKES}\b[^.;]{{0,40}}\b{_MEDICINE}\b[^.;]{{0,40}}\b{_TIMES}"
    rf"|\b{_COUNT} (?:\w+ )?{_MEDICINE}\b[^.;]{{0,40}}\b{_TIMES}"
    rf"|^(?:\W*)(?:just |simply |please )?{_TAKES} (?:an?|some|your|the)? ?{_MEDICINE}\b"
    rf"|\byou (?:can|could|should|may|might|must|need to|have to)(?: \w+)? {_TAKES}\b[^.;]{{0,25}}"
    rf"\b{_MEDICINE}\b"
    rf"|\b(?:dose|dosage|maximum|limit)\b[^.;]{{0,30}}\b{_MEDICINE}\b[^.;]{{0,30}}\d"
    rf"|\b{_MEDICINE}\b[^.;]{{0,30}}\b(?:dose|dosage|maximum|limit)\b[^.;]{{0,30}}\d"
    rf"|\b{_MEDICINE}\b[^.;]{{0,20}}\b(?:is|are) (?:safe|fine|harmless|okay|ok)\b"
)
_MIXING = re.compile(
    rf"\b(?:combine|combining|mix|mixing|alternate|alternating|stack|add|adding|together)\b"
    rf"[^.;]{{0,40}}\b{_MEDICINE}\b"
    rf"|\b{_MEDICINE}\b[^.;]{{0,15}}\b(?:and|with|plus|alongside|together with)\b[^.;]{{0,15}}"
    rf"\b{_MEDICINE}\b[^.;]{{0,30}}\b(?:together|at once|works?|(?:is|are) (?:fine|safe))\b"
    rf"|\b{_MEDICINE}\b[^.;]{{0,15}}\b(?:with|and) (?:\w+ )?(?:alcohol|wine|beer)\b"
)
_STOPPING = re.compile(
    r"\b(?:stop(?:ping)?|quit(?:ting)?|come off|coming off|get off|getting off|skip(?:ping)?|"
    r"halv(?:e|ing)|cut down|cutting down|reduc(?:e|ing)|taper(?:ing)?|wean\w*|throw (?:away|out)|"
    r"ditch(?:ing)?|drop(?:ping)?|leave out|give up|restart\w*|increas(?:e|ing)|doubl(?:e|ing)|"
    r"do without|replac(?:e|ing)|swap(?:ping)?)\b[^.;]{0,30}"
    rf"\b{_MEDICINE}\b"
    rf"|\b(?:do not|don't|no longer|never) (?:need|take|use)\b[^.;]{{0,20}}\b{_MEDICINE}\b"
)
_ASKS_FIRST = re.compile(
    r"\b(?:ask|asking|speak|speaking|talk|talking|check|checking|consult\w*|tell|telling|see|seeing|"
    r"unless|agreed|advice|advise[sd]?|leaflet|label|prescribed by|follow)\b[^.;]{0,60}"
    r"\b(?:doctors?|gps?|physicians?|pharmacists?|prescribers?|clinicians?|nurses?|leaflet|label|"
    r"packet|professional)\b"
    r"|\b(?:doctors?|gps?|physicians?|pharmacists?|prescribers?|clinicians?)\b[^.;]{0,40}"
    r"\b(?:first|before|advice|approval|can tell|will tell|says?|knows?|should|decides?)\b"
)

# A tablet that is looked at is no medicine.
_DEVICE = re.compile(
    r"\btablets?\b(?=.*\b(?:screens?|eye[- ]level|stand|holder|read\w*|phones?|laptops?|computers?|"
    r"videos?|devices?|in bed|lap|films?|games?)\b)"
    r"|(?<=\bread on a )tablets?|(?<=\breading from a )tablets?|(?<=\breading on a )tablets?"
    r"|(?<=\bphone or )tablets?|(?<=\blaptop or )tablets?"
)


def advises_medicine(text: str) -> Advice | None:
    """Return what a sentence advises on medicines, None if it does not.

    An amount in milligrams and the like always is such advice.
    """
    plain = _DEVICE.sub("device", fold(text))
    if _AMOUNT.search(plain):
        return "dose"
    if _ASKS_FIRST.search(plain):
        return None
    if _STOPPING.search(plain):
        return "stopping"
    if _MIXING.search(plain):
        return "mixing"
    return "dose" if _DOSE.search(plain) else None
