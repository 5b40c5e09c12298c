// Load on the site while it is reloaded: `new` opens a connection for every request, `kept` keeps connections. Ends when stdin does
// and prints the counts. Inside a host.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

const [, , kind, ca = ''] = process.argv
const agent =
  kind === 'kept' ? new Agent({ keepAlive: true, maxSockets: 20 }) : new Agent({ keepAlive: false })
const trusted = readFileSync(ca)
const counts = { ok: 0, failed: 0, idleResets: 0 }
const errors: string[] = []
let ends = false

function once(): Promise<void> {
  return new Promise((resolve) => {
    const call = request('https://localhost/health', { agent, ca: trusted }, (answer) => {
      answer.resume()
      answer.on('end', () => {
        if (answer.statusCode === 200) counts.ok += 1
        else fail(`status ${answer.statusCode}`)
        resolve()
      })
      answer.on('error', (error) => {
        fail(error.message)
        resolve()
      })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      // nginx closes an idle connection while the next request is on its way: the client's part of keep-alive (RFC 9112 §9.5).
      if (call.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) counts.idleResets += 1
      else fail(`${error.code} ${error.message}`)
      resolve()
    })
    call.end()
  })
}

function fail(why: string): void {
  counts.failed += 1
  if (errors.length < 5) errors.push(why)
}

process.stdin.resume()
process.stdin.on('end', () => {
  ends = true
})
process.stdout.write('started\n')
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (!ends) await once()
  }),
)
process.stdout.write(JSON.stringify({ ...counts, errors }))
process.exit(0)
