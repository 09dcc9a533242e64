/** Owns how the page begins. */
import { render } from "preact"
import { Frame } from "./Frame.tsx"
import { Door } from "./who/Door.tsx"

render(
  <Door>
    <Frame />
  </Door>,
  document.getElementById("page")!
)
