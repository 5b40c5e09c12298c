// `status` with many changes in the store: CPU of the gate's process and time, one after the other, beside a floor of the same run: `who`,
// the same door, token and answer in JSON with one name in it. node bench/status.ts [changes] [rounds]
import { openScene } from '../tests/app/scene.ts'

const changes = Number(process.argv[2] ?? 20_000)
const rounds = Number(process.argv[3] ?? 200)
const WARM = 30
/** What people have left undone; everything else is closed. */
const OPEN = { awaiting_approval: 20, approved: 35, blocked: 100, void: 100 }

const scene = await openScene({ engine: false })
try {
  const { id } = await scene.sealed('claude', 'limit = 11\n')
  const [row] = await scene.sql('select document from change where id = $1', [id])
  const states = Object.entries(OPEN).flatMap(([state, count]) => Array<string>(count).fill(state))
  // Spread over time, as they come.
  const every = Math.floor(changes / states.length)
  await scene.sql(
    `insert into change (id, version, state, service, revision, document, created_at, updated_at)
     select n.id, 5, n.state, 'app', 1, ($1::jsonb || jsonb_build_object('id', n.id, 'state', n.state)), n.at, n.at
     from (select 'CHG-2025-' || lpad(i::text, 6, '0') as id, now() - make_interval(secs => ($2::int - i) * 60) as at,
       case when i % $3 = 0 then coalesce(($4::text[])[i / $3], 'closed') else 'closed' end as state
       from generate_series(1, $2::int) as i) n`,
    [JSON.stringify(row?.['document']), changes, every, states],
  )
  await scene.sql('vacuum analyze change')
  // A ledger whose head was signed is compared with it at each call.
  const signed = await scene.call('ops1', 'POST', '/ledger/checkpoint')
  if (signed.status !== 200) throw new Error(signed.text)
  const floor = await measure('/who')
  const status = await measure('/status')
  console.log(
    `status beside ${changes} changes, ${rounds} times; an answer has ${status.characters} characters`,
  )
  console.log(
    `CPU of the gate  ${status.cpu.toFixed(2)} ms   bar ≤ 2 ms   floor ${floor.cpu.toFixed(2)} ms   ratio ${(status.cpu / floor.cpu).toFixed(1)}`,
  )
  console.log(
    `p50 ${status.at(0.5)} ms  p95 ${status.at(0.95)} ms   bar ≤ 50 ms   floor p50 ${floor.at(0.5)} ms`,
  )
} finally {
  await scene.end()
}
process.exit(0)

async function measure(path: string) {
  const times: number[] = []
  let characters = 0
  let from = process.cpuUsage()
  for (let i = 0; i < WARM + rounds; i++) {
    if (i === WARM) from = process.cpuUsage()
    const start = performance.now()
    const { status, text } = await scene.call('ops1', 'GET', path)
    if (status !== 200) throw new Error(`${path} answers ${status}`)
    characters = text.length
    if (i >= WARM) times.push(performance.now() - start)
  }
  const used = process.cpuUsage(from)
  times.sort((a, b) => a - b)
  return {
    characters,
    cpu: (used.user + used.system) / 1000 / rounds,
    at: (share: number) => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1),
  }
}
