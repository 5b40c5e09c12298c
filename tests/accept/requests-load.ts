// A client of a site: so many requests a second at URL, each on a connection of its own, until stdin ends. Prints how many were sent, answered, and got no answer
// (nothing, or 502 and 504 of the proxy). Inside a host: node requests-load.ts URL PER_SECOND
import { request } from 'node:http'

const [, , url = '', rate = '200'] = process.argv
const counts = { sent: 0, ok: 0, lost: 0, other: 0 }
const open = new Set<Promise<void>>()
let ends = false

function once(): Promise<void> {
  counts.sent += 1
  return new Promise((resolve) => {
    let done = false
    const end = (what: 'ok' | 'lost' | 'other') => {
      if (!done) counts[what] += 1
      done = true
      resolve()
    }
    const call = request(url, { agent: false, headers: { connection: 'close' } }, (answer) => {
      const { statusCode } = answer
      answer.resume()
      answer.on('end', () =>
        end(statusCode === 200 ? 'ok' : statusCode === 502 || statusCode === 504 ? 'lost' : 'other'),
      )
      answer.on('error', () => end('lost'))
    })
    call.on('error', () => end('lost'))
    call.end()
  })
}

process.stdin.resume()
process.stdin.on('end', () => {
  ends = true
})
process.stdout.write('started\n')
const began = performance.now()
while (!ends) {
  const due = Math.floor(((performance.now() - began) / 1000) * Number(rate))
  while (counts.sent < due) {
    const one = once()
    open.add(one)
    void one.then(() => open.delete(one))
  }
  await new Promise((done) => setTimeout(done, 5))
}
await Promise.all(open)
process.stdout.write(JSON.stringify(counts))
process.exit(0)
