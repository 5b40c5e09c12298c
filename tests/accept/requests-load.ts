// A client of a site: so many requests a second at URL, each on a connection of its own, until stdin ends. Prints how many were sent, answered, and got no answer
// (nothing, or 502 and 504 of the proxy); the longest time between two answers, how long the request took that ended it, and how long this program itself stood still
// at most. Inside a host: node requests-load.ts URL PER_SECOND
import { request } from 'node:http'

const [, , url = '', rate = '200'] = process.argv
const counts = { sent: 0, ok: 0, lost: 0, other: 0 }
/** In milliseconds. */
const gap = { longestMs: 0, tookMs: 0, pauseMs: 0 }
let answeredAt: number | undefined
const open = new Set<Promise<void>>()
let ends = false

function answered(sentAt: number): void {
  const now = performance.now()
  const since = now - (answeredAt ?? now)
  if (since > gap.longestMs) Object.assign(gap, { longestMs: since, tookMs: now - sentAt })
  answeredAt = now
}

function once(): Promise<void> {
  counts.sent += 1
  const sentAt = performance.now()
  return new Promise((resolve) => {
    let done = false
    const end = (what: 'ok' | 'lost' | 'other') => {
      if (!done) counts[what] += 1
      if (!done && what === 'ok') answered(sentAt)
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
let turn = began
while (!ends) {
  const now = performance.now()
  gap.pauseMs = Math.max(gap.pauseMs, now - turn)
  turn = now
  const due = Math.floor(((performance.now() - began) / 1000) * Number(rate))
  while (counts.sent < due) {
    const one = once()
    open.add(one)
    void one.then(() => open.delete(one))
  }
  await new Promise((done) => setTimeout(done, 5))
}
await Promise.all(open)
process.stdout.write(JSON.stringify({ ...counts, ...gap }))
process.exit(0)
