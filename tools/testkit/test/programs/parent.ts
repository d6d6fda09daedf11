import { startNatsServer } from '@ikigai/dev-env'

const [path, storeDir] = process.argv.slice(2)
if (path === undefined || storeDir === undefined) throw new Error('parent <nats-server> <folder>')
const server = await startNatsServer({ path, storeDir })
console.log(server.port)
setInterval(() => {}, 1000)
