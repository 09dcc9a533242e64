/** Owns what is said in the states of the page: texts as people and models write them, and what the scripted models answer. */

export const RUNTIME = `\
steward_thresholds: { always: true }
history_limit_chars: 1600
budgets: { window_hours: 24, tokens: 400000, calls: 60 }
`

const piece = String.raw

export const CHAIN = {
  title: "How a hash chain holds",
  prompt: "What is a hash chain, and what does it show?",
  answer: piece`A **hash chain** is a list in which each entry carries the digest of the one before it.

~~~ts
/** The digest of a row is the link that the next row begins with. */
const link = (before: string, row: string): string =>
  createHash("sha256").update(before + row).digest("hex")
~~~

Whoever changes one row changes every digest after it:

| What was changed | What no longer fits |
|---|---|
| one row | its own digest, and all that follow |
| the order | the link of the row that moved |
| the end | the signed root |

- It shows *that* something was changed, and where.
- It does not say **who**: that takes a signature over the root.`
}

export const LONG = {
  title: "Slowly",
  prompt: "Tell me slowly why a ledger is kept.",
  begun: [
    "A ledger is kept so that **nobody has to be believed**.\n\n",
    "Whoever reads it later can recompute what was done, ",
    "by whom, and within which bounds"
  ]
}

const REFUND = {
  title: "A letter about a refund",
  prompt: "Write a reply to the customer who asks for her money back after 40 days.",
  draft: `Dear Ms Okafor,

thank you for writing to us. You will have your money back within 14 days, whatever the reason.

Please send the lamp to our address in Leiden.

Kind regards`,
  revised: `Dear Ms Okafor,

thank you for writing to us. Our terms allow a return within 30 days; for yours we make an exception, and you will have your money back within 14 days of the lamp's arrival.

Please send the lamp, with its cable, to our address in Leiden.

Kind regards`
}
export { REFUND }

export const HIDDEN = {
  title: "Payment order",
  prompt: "Write the payment order for invoice 118.",
  answer: "Pay \u202e321\u202c EUR to the account ending in 77.\u200b\u200b Confirm with the bell\u0007."
}

export const NAMES = {
  title: "Names for a boat",
  prompt: "Three names for a small sailing boat, please.",
  answers: ["1. Tern\n2. Halcyon\n3. Second Wind", "1. Petrel\n2. Slack Tide\n3. Marginalia"]
}

export const REFUSED = {
  title: "A dose",
  prompt: "Which dose of it is safe for a child? Reject whatever is not certain.",
  answer: "Half of an adult's."
}

export const ARABIC = {
  title: "ما هو دفتر الأستاذ؟",
  prompt: "ما هو دفتر الأستاذ؟ اشرح ذلك مع مثال.",
  answer:
    "دفتر الأستاذ سجلٌّ لا يُمحى منه شيء:\n\n- كل سطر يحمل بصمة السطر الذي قبله.\n- مثال: `sha256(before + row)`\n\n> من يغيّر سطرًا يغيّر كل ما بعده."
}

export const FULL = {
  title: "Minutes of a long meeting",
  prompt: (part: number) =>
    `Part ${part} of the minutes. ${"The board heard the report, asked about its figures, and moved on to the next point. ".repeat(12)}`,
  answer: "Noted: the report was heard, its figures were asked about, and nothing was decided."
}

/** What `writer` answers to a message, after all that it was sent. */
export const answerTo = (last: string, all: string): string => {
  if (all.includes(REFUND.prompt)) return all.includes(REFUND.draft) ? REFUND.revised : REFUND.draft
  for (const { prompt, answer } of [CHAIN, HIDDEN, REFUSED, ARABIC]) if (last.includes(prompt)) return answer
  if (last.includes("minutes")) return FULL.answer
  if (!last.includes(NAMES.prompt)) return "Gladly."
  names++
  return NAMES.answers[names % 2]!
}
let names = 1

/** What `judge` says of it. */
export const verdictOn = (all: string): string =>
  JSON.stringify(
    all.includes(REFUSED.prompt)
      ? {
          decision: "reject",
          issues: [{ code: "unsafe", severity: 3 }],
          high_risk_claims: ["Half of an adult's."],
          suggested_fixes: []
        }
      : all.includes(REFUND.prompt)
        ? {
            decision: "needs_work",
            issues: [
              { code: "unsupported_claim", severity: 2 },
              { code: "format", severity: 1 }
            ],
            high_risk_claims: ["You will have your money back, whatever the reason."],
            suggested_fixes: ["Name the 30 days of the terms, and say that this is an exception."]
          }
        : { decision: "pass", issues: [], high_risk_claims: [], suggested_fixes: [] }
  )
