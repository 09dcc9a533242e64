/** Owns how the page becomes the static files that are served: everything from one origin, nothing inline. */
import { defineConfig, type ProxyOptions } from "vite"

/** A server to develop against: the page's own origin is another one then, which the server would refuse. */
const server = process.env["IO3_URL"]
const proxied: ProxyOptions = {
  ...(server !== undefined && { target: server }),
  changeOrigin: true,
  // Folders of the page have names that addresses of the server have.
  bypass: ({ url }) => (/\.(?:tsx?|css)(?:\?|$)/u.test(url ?? "") ? url : undefined),
  configure: (proxy) => {
    proxy.on("proxyReq", (request) => {
      for (const name of ["origin", "referer", "sec-fetch-site", "cookie"]) request.removeHeader(name)
    })
  }
}

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: "public",
  ...(server !== undefined && {
    server: {
      proxy: {
        "^/(?!.*[.]tsx?([?]|$))(session|run|runbook|steward|ledger|route|config|budgets|doctor|memory|greeting|capabilities|upload|whoami|login|logout)":
          proxied
      }
    }
  }),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows nothing inline: no small file becomes part of another.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false
  },
  // What its comments are for is done by then.
  worker: { format: "es", rolldownOptions: { output: { comments: false } } }
})
