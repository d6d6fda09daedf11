import { readFile } from 'node:fs/promises'
import { Problem, problemOf } from '@ikigai/chassis'
import type { FastifyPluginAsync } from 'fastify'
import { type ProblemText, parseProblemTexts, toHtml } from './problem-texts.ts'

/** In the workspace and in the image alike. */
const DOCUMENT = new URL('../../../../docs/problems.md', import.meta.url)

const STYLE = `:root { color-scheme: light dark; }
body { margin: 3rem auto; padding: 0 1rem; max-width: 40rem; font: 1rem/1.6 system-ui, sans-serif; }
code { font-size: 0.95em; }
dt { margin-top: 1rem; font-weight: 600; }
dd { margin: 0; }
`

/** The page that the `type` of each problem leads to, and a list of them. */
export const problemPages: FastifyPluginAsync = async (app) => {
  const texts = parseProblemTexts(await readFile(DOCUMENT, 'utf8'))
  const pages = new Map(texts.map((text) => [text.name, pageOf(text)]))
  const list = listOf(texts)

  app.get('/problems', async (_request, reply) => reply.type('text/html; charset=utf-8').send(list))
  app.get('/problems/style.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE))
  app.get<{ Params: { name: string } }>('/problems/:name', async (request, reply) => {
    const page = pages.get(request.params.name)
    if (page === undefined) throw new NoSuchPage()
    return reply.type('text/html; charset=utf-8').send(page)
  })
}

class NoSuchPage extends Problem {
  constructor() {
    const { title, detail } = problemOf(404)
    super({ status: 404, slug: 'not-found', title, detail })
  }
}

const listOf = (texts: readonly ProblemText[]) =>
  htmlOf(
    'Problems',
    `<p>Every error of ikigai's API is a problem (RFC 9457) of one of these kinds.</p><dl>${texts
      .map(
        ({ name, status, text }) =>
          `<dt id="${name}"><a href="/problems/${name}">${name}</a> · ${status}</dt><dd>${toHtml(text)}</dd>`,
      )
      .join('')}</dl>`,
  )

const pageOf = ({ name, status, text }: ProblemText) =>
  htmlOf(
    name,
    `<p>Status ${status}, <code>type</code> <code>/problems/${name}</code></p><p>${toHtml(text)}</p>
<p><a href="/problems">All problems</a> · <a href="/docs">API</a> · <a href="/">ikigai</a></p>`,
  )

const htmlOf = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · ikigai</title>
<link rel="stylesheet" href="/problems/style.css"></head>
<body><h1>${title}</h1>${body}</body>
</html>
`
