// The checks: how fast errors are counted in a plain and in a compressed log and how long a count takes that goes on from its kept
// position; and one daily round, memory and CPU of sekisho-watch beside a gate. node bench/checks.ts [MB] [seconds]
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { watchPlacesOf } from '../src/checks/watch-places.ts'
import { systemClock } from '../src/sys/clock.ts'
import { countErrors } from '../src/watch/error-logs.ts'
import { openScene } from '../tests/app/scene.ts'
import { bundle, WATCH } from '../tests/bundle.ts'

const megabytes = Number(process.argv[2] ?? 420)
const seconds = Number(process.argv[3] ?? 60)

await bundle()
const directory = mkdtempSync(join(tmpdir(), 'sekisho-bench-'))
mkdirSync(join(directory, 'watch', 'state'), { recursive: true })
const count = (path: string) =>
  countErrors(path, {
    clock: systemClock,
    places: watchPlacesOf(join(directory, 'watch')),
    signal: new AbortController().signal,
    self: [process.execPath, WATCH],
  })
const timed = async (what: string, bytes: number, path: string) => {
  const began = performance.now()
  const found = await count(path)
  const ms = performance.now() - began
  console.log(
    `${what.padEnd(34)} ${(ms / 1000).toFixed(2)} s  ${(bytes / 1e6 / (ms / 1000)).toFixed(0)} MB/s  ${JSON.stringify(found)}`,
  )
}
try {
  const line = (i: number) =>
    `${new Date(Date.now() - 3_600_000 + i).toISOString()} ${i % 500 === 0 ? 'ERROR' : 'INFO'} worker: request ${i} handled for user ${i * 7} in 23 ms path /api/articles/${i}\n`
  const block = Array.from({ length: 20_000 }, (_, i) => line(i)).join('')
  const log = join(directory, 'error.log')
  writeFileSync(log, '')
  for (let size = 0; size < megabytes * 1e6; size += block.length) appendFileSync(log, block)
  const { size } = statSync(log)
  await timed(`plain, ${Math.round(size / 1e6)} MB, the first count`, size, log)
  await timed('the same, nothing new', size, log)
  appendFileSync(log, block)
  await timed(`the same, ${(block.length / 1e6).toFixed(1)} MB more`, block.length, log)
  const folded = join(directory, 'folded.log')
  writeFileSync(folded, '')
  writeFileSync(`${folded}.1.gz`, gzipSync(readFileSync(log), { level: 6 }))
  await timed('gzip, the same lines', size, folded)
} finally {
  rmSync(directory, { recursive: true })
}

const scene = await openScene({ watch: true })
const service = createServer((_, response) => response.end('{"ok":true}'))
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
try {
  // A service as they are: an address that answers, a log of a day that is written to.
  const log = join(scene.directory, 'error.log')
  writeFileSync(
    log,
    `${new Date(Date.now() - 60_000).toISOString()} INFO worker: request handled\n`.repeat(500_000),
  )
  const writer = setInterval(
    () => appendFileSync(log, `${new Date().toISOString()} INFO worker: request handled\n`.repeat(1000)),
    1000,
  )
  const { port } = service.address() as AddressInfo
  await scene.rewritePolicy((yaml) =>
    yaml.replace(
      '    configs:\n',
      `    health: { url: 'http://127.0.0.1:${port}/health', json: { ok: true } }\n    logs: { error: ${log} }\n    configs:\n`,
    ),
  )
  // Its first looks are over: updates are asked for once in six hours.
  await new Promise((resolve) => setTimeout(resolve, 45_000))
  const pid = execFileSync('pgrep', ['-f', `watch.mjs --data ${join(scene.directory, 'data')}`], {
    encoding: 'utf8',
  }).trim()
  const cpu = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // Its own time and that of the children it has waited for, in hundredths of a second.
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) * 10
  }
  const rounds = []
  for (let i = 0; i < 5; i++) {
    const began = performance.now()
    await scene.call('dev', 'GET', '/checks/daily')
    rounds.push(performance.now() - began)
  }
  console.log(
    `daily round                        ${rounds.map((ms) => `${Math.round(ms)} ms`).join('  ')}   bar ≤ 2 s`,
  )
  const before = cpu()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const used = cpu() - before
  const pss = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  console.log(`sekisho-watch                      ${(Number(pss) / 1024).toFixed(0)} MiB PSS   bar ≤ 90 MB`)
  console.log(
    `sekisho-watch over ${seconds} s            ${((used / (seconds * 1000)) * 100).toFixed(2)} % of a core   bar ≤ 1 %`,
  )
  clearInterval(writer)
  // 40 series for a year, as they lie after thinning: each minute a week, each 5 minutes 90 days, each hour a year.
  await scene.sql(`insert into check_series (check_id) select 'bench/' || i from generate_series(1, 40) i`)
  for (const [from, until, step] of [
    ['365 days', '90 days', '1 hour'],
    ['90 days', '7 days', '5 minutes'],
    ['7 days', '0 days', '1 minute'],
  ])
    await scene.sql(
      `insert into check_sample (series, at, state, value)
       select id, at, 0, 42.5 from check_series,
         generate_series(now() - interval '${from}', now() - interval '${until}' - interval '1 second', interval '${step}') at
       where check_id like 'bench/%'`,
    )
  const [size] = await scene.sql(
    `select count(*)::int as rows, pg_total_relation_size('check_sample')::float8 as bytes from check_sample`,
  )
  console.log(
    `a year of 40 series                ${String(size?.['rows'])} samples  ${(Number(size?.['bytes']) / 1e6).toFixed(0)} MB   bar ≤ 200 MB`,
  )
} finally {
  service.close()
  await scene.end()
}
