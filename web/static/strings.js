/**
 * Every word that the scripts say of their own; replies bring the rest.
 * The words about a reply are also those of templates/_reply.html.
 */
export const strings = {
  youAsked: "You asked: ",
  waiting: "Looking in the articles…",
  newConversation: "A new conversation has begun.",

  understoodAs: "Understood as: ",
  noticePrefix: {
    crisis: "Immediate action required: ",
    emergency: "Immediate action required: ",
    urgent: "Urgent advice: ",
    other: "Advice: ",
  },
  leave: "Leave this page",
  behindNotice: "What the articles say in general",
  kinds: {
    article: "Article",
    reader: "Reader question",
    editor: "Question answered by the site",
    question: "Question and answer",
  },
  reviewed: "Reviewed ",
  opensInNewTab: " (opens in a new tab)",
  truncated: "Only the opening of this post is here.",
  askAlso: "You could also ask",
  ask: "You could ask",
  dates: "en-GB",

  tryAgain: "Try again",
  noConnection: "Your question did not get through. It is still here; check your connection and try again.",
  noAnswerNow: "The site cannot answer right now. Your question is still here; please try again in a moment.",
  refused: "This question could not be taken. Please change it and send it again.",
};
