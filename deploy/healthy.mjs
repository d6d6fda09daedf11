// Whether the service of this container is ready, as an exit code: node deploy/healthy.mjs [port] [path]
const [port = process.env.ADMIN_PORT, path = '/readyz'] = process.argv.slice(2)
const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
process.exitCode = answer?.ok ? 0 : 1
