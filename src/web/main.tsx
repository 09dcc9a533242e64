/** Owns how the page begins. */
import { render } from "preact"
import { Frame } from "./Frame.tsx"

render(<Frame />, document.getElementById("page")!)
