// Serves the example page on an origin of its own:
//
//   node examples/apps/spa/serve.mjs <address of ikigai> <client id> [port]
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const [issuer = '', clientId = '', port = '5180'] = process.argv.slice(2)
const FILES = { '/': ['index.html', 'text/html'], '/app.js': ['app.js', 'text/javascript'] }

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://127.0.0.1')
  if (pathname === '/config.json') {
    response.setHeader('content-type', 'application/json')
    return response.end(JSON.stringify({ issuer, client_id: clientId }))
  }
  const [file, type] = FILES[pathname] ?? []
  if (file === undefined) return response.writeHead(404).end()
  response.setHeader('content-type', `${type}; charset=utf-8`)
  response.end(await readFile(new URL(file, import.meta.url)))
})
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`))
