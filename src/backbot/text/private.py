"""How what tells who somebody is looks in a text: patterns for readers' letters and questions."""

import re

GAP = "[…]"

EMAIL = re.compile(
    r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+|\b[\w.+-]+ ?\(at\) ?[\w-]+(?: ?\(dot\) ?|\.)\w+", re.I
)
ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|info|co\.uk|io)\b(?:/\S*)?", re.I
)
HANDLE = re.compile(r"(?<![\w@])@\w{2,}")
IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b", re.I)
PHONE = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,5}){1,4}(?!\w)"
)
NUMBER = re.compile(r"(?<!\d)\d{7,}(?!\d)")
BIRTH = re.compile(
    r"\b(?:born|dob|d\.o\.b\.?|date of birth)\b[^.?!\n]{0,12}?\d[\d/. -]*\w*(?:[ ,]+\d{4})?", re.I
)
STREET = re.compile(
    r"\b\d{1,5}\s+(?:[A-Z][\w'’]+\s+){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|"
    r"Ct|"
    r"Way|Close|Place|Boulevard|Blvd)\b\.?"
)
POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b")

NAME = r"(?:[A-Z]\.(?=\s)|[^\W\d_a-zà-ÿ][\w'’-]*)"
NAMES = rf"{NAME}(?:\s+{NAME}){{0,2}}"
TITLED = re.compile(rf"\b(Drs?|Mr|Mrs|Ms|Miss|Prof|Professor|Doctor|Nurse|Sister)\b\.?\s+{NAMES}")
RELATION = re.compile(
    r"\b((?:my|our|his|her)\s+(?:\w+\s+)?(?:husband|wife|son|daughter|friend|mom|mum|mother|dad|"
    r"father|"
    r"brother|sister|partner|boyfriend|girlfriend|boss|doctor|therapist|chiropractor|physio|"
    r"surgeon|"
    rf"nephew|niece|cousin|uncle|aunt|neighbou?r|trainer|coach)(?:\s+named|\s+called|"
    rf",)?)\s+(?-i:{NAMES})",
    re.I,
)
INTRODUCED = re.compile(
    rf"\b((?i:my name is|my name’s|my name's|this is|i am called|call me|signed))[\s:]+{NAMES}"
    rf"|\b((?i:i am|i’m|i'm))\s+(?!(?:I|OK|A|AN|NOT|SO)\b){NAMES}(?=\s*(?:,|\.|!|\band\b|"
    rf"\bfrom\b|\bhere\b))"
)
PLACE = re.compile(
    rf"\b((?i:live|living|lives|based|here|work|working|born|moved|am|i’m|i'm|moving|"
    rf"back)\s+(?i:in|from|to|near)|"
    rf"(?i:from|greetings from|hello from))\s+{NAMES}(?:,\s*{NAMES})?"
)
