/** Owns what is wrong with the installation, on the page: worst first, each with what helps; and what was found in order. */
import { useEffect } from "preact/hooks"
import { count } from "../format.ts"
import type { Answered } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { announce } from "../ui/Announcer.tsx"
import { Icon } from "../ui/Icon.tsx"
import { Badge, Button, Busy, type Tone } from "../ui/Parts.tsx"
import { type Diagnosis, type Finding, grouped, sayHealth } from "./health.ts"
import { Section } from "./Section.tsx"

const words = strings.system.health
const TONES: Readonly<Record<Finding["severity"], Tone>> = { fault: "bad", warning: "wait", note: "plain" }

const Found = ({ finding, times }: { readonly finding: Finding; readonly times: number }) => {
  const { check, fault, severity, problem, fix, limit } = finding
  return (
    <li class={`finding ${TONES[severity]}`}>
      <div class="row">
        <Badge tone={TONES[severity]}>{words.severities[severity]}</Badge>
        <span>{words.checks[check] ?? check}</span>
        {times > 1 && <span>{words.times(times)}</span>}
        <code>{fault}</code>
      </div>
      <strong>{problem}</strong>
      {limit && limit.allowed > 0 && (
        <span class="fact">{words.limit(count(limit.actual), count(limit.allowed))}</span>
      )}
      <p>
        <span class="fix">{words.fix}</span> {fix}
      </p>
    </li>
  )
}

export const Health = ({ of }: { readonly of: Answered<Diagnosis> }) => {
  const { answer, isAsking, again } = of
  useEffect(() => {
    if (answer) announce(words.now(sayHealth(answer)))
  }, [answer])
  return (
    <Section
      id="health"
      title={words.title}
      of={of}
      aside={
        <Button kind="plain" onClick={again} aria-busy={isAsking}>
          {isAsking ? <Busy label={words.looking} /> : <Icon name="again" />}
          {strings.system.again}
        </Button>
      }
    >
      {(diagnosis) => {
        const { checks, findings } = diagnosis
        const passed = checks.filter((name) => findings.every(({ check }) => check !== name))
        return (
          <>
            <p class={`health ${diagnosis.healthy ? "good" : "bad"}`}>{sayHealth(diagnosis)}</p>
            {findings.length > 0 && (
              <ul class="quiet-list findings">
                {grouped(findings).map((group, at) => (
                  <Found key={`${group.finding.fault} ${at}`} {...group} />
                ))}
              </ul>
            )}
            {findings.length > 0 && <p class="about">{words.command}</p>}
            <p class="passed">
              <span>{words.passed}:</span> {passed.map((name) => words.checks[name] ?? name).join(", ")}
            </p>
          </>
        )
      }}
    </Section>
  )
}
