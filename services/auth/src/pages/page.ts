import { createHash } from 'node:crypto'

/** A page without script: what happened, and where to go on. */
export interface PageContent {
  readonly title: string
  /** One paragraph each. */
  readonly text: readonly string[]
  readonly links: readonly { readonly label: string; readonly href: string }[]
}

// As the page of the gateway looks.
const STYLE =
  'body{font:1rem/1.55 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.25rem;color:#1b2320;' +
  'background:#f6f4ee}h1{font-size:1.75rem;line-height:1.15;letter-spacing:-.02em}' +
  'a{color:#1b6b57;font-weight:600;margin-right:1.5rem}' +
  '@media(prefers-color-scheme:dark){body{color:#e8ede9;background:#111513}a{color:#84d3b6}}'

/** The `Content-Security-Policy` of these pages: nothing loads, nothing runs, nobody frames them. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Renders a page as HTML; every text and address is escaped. */
export function renderPage({ title, text, links }: PageContent): string {
  const paragraphs = text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`)
  const anchors = links.map(({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`)
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${paragraphs.join('\n')}
<p>${anchors.join('\n')}</p>
</main>
</body>
</html>
`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
