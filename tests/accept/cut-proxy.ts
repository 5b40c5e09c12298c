// A line that breaks: passes what comes at a port of its own on to the gate, and after so many bytes of a client ends that connection and every later one. A line
// `go on` on stdin lets everything through from then on. Prints its port, and at the end how many bytes clients have sent before and after.
// Inside a host: node cut-proxy.ts GATE_PORT BYTES
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const [, , to = '', most = ''] = process.argv
const sent = { before: 0, after: 0, cut: 0 }
const open = new Set<Socket>()
let isWhole = false

const server = createServer((client) => {
  const gate = connect(Number(to), '127.0.0.1')
  const ends = [client, gate]
  const end = () => {
    for (const one of ends) {
      one.destroy()
      open.delete(one)
    }
  }
  for (const one of ends) {
    open.add(one)
    one.on('error', end)
    one.on('close', end)
  }
  client.on('data', (bytes) => {
    if (isWhole) sent.after += bytes.length
    else if (sent.before >= Number(most)) {
      sent.cut += 1
      end()
      return
    } else sent.before += bytes.length
    gate.write(bytes)
  })
  gate.on('data', (bytes) => client.write(bytes))
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})
process.stdin.setEncoding('utf8').on('data', (text: string) => {
  if (text.includes('go on')) isWhole = true
})
process.stdin.on('end', () => {
  for (const one of open) one.destroy()
  server.close()
  process.stdout.write(`${JSON.stringify(sent)}\n`, () => process.exit(0))
})
