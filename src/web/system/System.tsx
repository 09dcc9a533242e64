/** Owns the part of the page that shows the installation: how it is, what it may use, and how it is configured. */
import type { PartProps } from "../Frame.tsx"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Budgets } from "./Budgets.tsx"
import { Config } from "./Config.tsx"
import { FirstRun } from "./FirstRun.tsx"
import { Health } from "./Health.tsx"
import { Capabilities, Packs } from "./Lists.tsx"
import { Routes } from "./Routes.tsx"
import { modelsOf } from "./standIn.ts"
import { Who } from "./Who.tsx"

export const System = ({ id: _id }: PartProps) => {
  const doctor = useAnswer("system.doctor")
  const routes = useAnswer("system.routes")
  const config = useAnswer("system.config")
  const models = routes.answer && modelsOf(routes.answer, doctor.answer, config.answer)
  const again = () => {
    doctor.again()
    routes.again()
    config.again()
  }
  return (
    <div class="sheet">
      <header class="part-head">
        <h1>{strings.system.title}</h1>
        <p class="about">{strings.system.about}</p>
      </header>
      {models !== null && models !== "there" && (
        <FirstRun models={models} isAsking={doctor.isAsking || routes.isAsking} again={again} />
      )}
      <Health of={doctor} />
      <Routes of={routes} />
      <Budgets />
      <Packs />
      <Capabilities />
      <Config of={config} />
      <Who />
    </div>
  )
}
