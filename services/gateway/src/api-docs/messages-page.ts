import { escapeHtml, renderDocument } from '@ikigai/chassis'
import { API, asyncApi, EVENT_TYPES, eventSubject, schemaFiles } from '@ikigai/contracts'
import type { FastifyPluginAsync } from 'fastify'

/** Version of the contracts. */
const VERSION = '0.1.0'

/** `/asyncapi.json`: events and requests over NATS as an AsyncAPI document. `/docs/messages`: the same as a page. */
export const messagesPage: FastifyPluginAsync = async (app) => {
  const document = JSON.stringify(asyncApi(VERSION))
  const page = renderMessages()
  app.get('/asyncapi.json', { config: { conditional: true } }, async (_request, reply) =>
    reply.type('application/json').header('cache-control', 'no-cache').send(document),
  )
  app.get('/docs/messages', { config: { conditional: true } }, async (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(page),
  )
}

function renderMessages(): string {
  const events = EVENT_TYPES.map((type) => entry(eventSubject(type, '*'), { data: `event.${type}` }))
  const requests = Object.values(API).map(({ subject }) => {
    const name = subject.split('.').slice(3).join('.')
    return entry(subject, { request: `request.${name}`, reply: `reply.${name}` })
  })
  return renderDocument(
    'Events and requests over NATS',
    `<article class="prose"><h1>Events and requests over NATS</h1>
<p>For other teams of the same Strava application. As a document: <a href="/asyncapi.json">AsyncAPI 3</a>.
The HTTP API: <a href="/docs">/docs</a>.</p>
<h2>Events</h2><p>In the stream <code>EVENTS</code>; <code>*</code> is the athlete's id.</p><dl>${events.join('')}</dl>
<h2>Requests</h2><dl>${requests.join('')}</dl>
<h2>Errors</h2><p>A reply with the header <code>Nats-Service-Error-Code</code>.</p>${schemaText('body', 'error')}
</article>`,
  )
}

function entry(subject: string, schemas: Readonly<Record<string, string>>): string {
  const texts = Object.entries(schemas).map(([role, file]) => schemaText(role, file))
  return `<dt><code>${escapeHtml(subject)}</code></dt><dd>${texts.join('')}</dd>`
}

const files = schemaFiles()

const schemaText = (role: string, name: string) =>
  `<details><summary>${role}</summary><pre><code>${escapeHtml(JSON.stringify(files.get(`${name}.json`), undefined, 2))}</code></pre></details>`
