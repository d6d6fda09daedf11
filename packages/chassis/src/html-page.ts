import type { FastifyReply, FastifyRequest } from 'fastify'

/** Content of a page without script: what happened, and links to continue. */
export interface PageContent {
  readonly title: string
  /** One paragraph each. */
  readonly text: readonly string[]
  /** The most likely step first; a link to the start page is appended. */
  readonly links: readonly PageLink[]
}

/** A link of a {@link PageContent}. */
export interface PageLink {
  readonly label: string
  readonly href: string
}

/** The stylesheet of `@ikigai/web`, which the gateway serves under a stable name. */
const STYLESHEET = '/page.css'

/** The `Content-Security-Policy` of these pages: only our own stylesheet, font and icon load; no scripts, no framing. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Whether the client accepts HTML: a browser opened the address. */
export const wantsHtml = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('text/html') === true

/** Sends an HTML page that is not cached and sends no `Referer` to other sites. */
export function sendPage(
  reply: FastifyReply,
  status: number,
  { links, ...content }: PageContent,
): FastifyReply {
  return reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      'content-security-policy': PAGE_POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .serializer(String)
    .send(renderPage({ ...content, links: [...links, { label: 'Start page', href: '/' }] }))
}

/** Renders a page as HTML; every text and address is escaped. */
function renderPage({ title, text, links }: PageContent): string {
  const paragraphs = text.map((paragraph) => `<p class="lead">${escapeHtml(paragraph)}</p>`)
  const anchors = links.map(
    ({ label, href }, at) =>
      `<a class="button${at === 0 ? ' primary' : ''}" href="${escapeHtml(href)}">${escapeHtml(label)}</a>`,
  )
  return renderDocument(
    title,
    `<section class="message">
<h1>${escapeHtml(title)}</h1>
${paragraphs.join('\n')}
<div class="buttons">${anchors.join('\n')}</div>
</section>`,
  )
}

/** A complete document in the style of the web page; `title` is escaped, `content` is HTML. */
export function renderDocument(title: string, content: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · ikigai</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${STYLESHEET}">
</head>
<body>
<div id="root">
<header class="top"><a class="brand" href="/">${MARK}ikigai</a></header>
<main id="main">
${content}
</main>
<footer class="bottom"><p><strong>Powered by Strava</strong></p><p><a href="/status">Status</a></p></footer>
</div>
</body>
</html>
`
}

/** The logo, as in the web page's `Mark`. */
const MARK =
  '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 18c0-6.5 3.5-12 7-12 4.5 0 2.5 10 6.5 10 2 0 2.5-2.5 2.5-5"/>' +
  '<circle cx="4" cy="18" r="2.5"/></svg>'

/** Escapes text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
