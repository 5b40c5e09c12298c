// `status` with many changes in the store: CPU of the gate's process and time, one after the other. node bench/status.ts [changes] [rounds]
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
  const times: number[] = []
  let from = process.cpuUsage()
  for (let i = 0; i < WARM + rounds; i++) {
    if (i === WARM) from = process.cpuUsage()
    const start = performance.now()
    const { status, text } = await scene.call('ops1', 'GET', '/status')
    if (status !== 200) throw new Error(`status answers ${status}`)
    if (i === WARM) console.log(`answer: ${text.length} characters`)
    if (i >= WARM) times.push(performance.now() - start)
  }
  const used = process.cpuUsage(from)
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? Number.NaN).toFixed(1)
  console.log(`status beside ${changes} changes, ${rounds} times`)
  console.log(`CPU of the gate  ${((used.user + used.system) / 1000 / rounds).toFixed(2)} ms   bar ≤ 2 ms`)
  console.log(`p50 ${at(0.5)} ms  p95 ${at(0.95)} ms                bar ≤ 50 ms`)
} finally {
  await scene.end()
}
process.exit(0)
