import { readFile } from 'node:fs/promises'
import { renderDocument } from '@ikigai/chassis'
import type { FastifyPluginAsync } from 'fastify'
import { answerUnknownAddress } from '../routes/addresses.ts'
import { type ProblemText, parseProblemTexts, toHtml } from './problem-texts.ts'

/** In the workspace and in the image alike. */
const DOCUMENT = new URL('../../../../docs/problems.md', import.meta.url)

/** The page that the `type` of each problem leads to, and a list of them. */
export const problemPages: FastifyPluginAsync = async (app) => {
  const texts = parseProblemTexts(await readFile(DOCUMENT, 'utf8'))
  const pages = new Map(texts.map((text) => [text.name, pageOf(text)]))
  const list = listOf(texts)

  app.get('/problems', async (_request, reply) => reply.type('text/html; charset=utf-8').send(list))
  app.get<{ Params: { name: string } }>('/problems/:name', async (request, reply) => {
    const page = pages.get(request.params.name)
    return page === undefined
      ? answerUnknownAddress(request, reply)
      : reply.type('text/html; charset=utf-8').send(page)
  })
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

const htmlOf = (title: string, body: string) =>
  renderDocument(title, `<article class="prose"><h1>${title}</h1>${body}</article>`)
