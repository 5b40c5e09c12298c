// The first change of a schema as README shows it, on a host, typed as it is printed: a column, kept, taken back by the printed line; and once more with values
// in the column, which are told by their number before they are lost.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { openVisits, pictured, problemsOf, sql, type VisitsWorld } from './visits.ts'

describeWith('host', 'a column that comes and goes', () => {
  let at: VisitsWorld

  beforeAll(async () => {
    at = await openVisits()
    const { host } = at.here
    await host.put('/home/ops1/0002.up.sql', 'ALTER TABLE visitors ADD COLUMN summary text;\n')
    await host.put('/home/ops1/0002.down.sql', 'ALTER TABLE visitors DROP COLUMN summary;\n')
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  const numberIn = (said: string) => /CHG-\d{4}-\d{4}/.exec(said)?.[0] ?? ''
  const shown = (id: string) => at.here.json<ChangeView>('ops1', ['change', 'show', id])

  /** Asked for and approved; answers its number and what was printed last. */
  async function first(): Promise<{ readonly id: string; readonly said: string }> {
    const files = ['--up', '/home/ops1/0002.up.sql', '--down', '/home/ops1/0002.down.sql']
    const words = ['--instruction', 'Add a column', '--notify', 'not_needed', '--no-wait']
    const asked = await at.must('ops1', ['do', 'schema', '--service', 'visits', ...files, ...words], 3)
    const id = numberIn(asked)
    const card = await at.card(id)
    expect(card).toContain('while public.visitors is held: gives up after the declared 5 s')
    return { id, said: await at.must('ops1', ['change', 'approve', id, '--yes']) }
  }
  /** The line that the kept change prints, as it stands there. */
  async function printedBack(id: string): Promise<string> {
    const line = (await shown(id)).next.find(({ command }) => command.includes(' rollback '))?.command ?? ''
    expect(line).toBe(`sekisho change rollback ${id}`)
    return numberIn((await at.must('ops1', [...line.split(' ').slice(1), '--no-wait'], 3)).replaceAll(id, ''))
  }

  test('part of S27: the printed line takes the first change back, and nobody writes a word into its files', async () => {
    const before = await pictured(at.here.host)
    const { id, said } = await first()
    expect(said).toContain('makes the schema sekisho in the database')
    expect((await shown(id)).execution?.outcome, said).toBe('kept')
    const back = await printedBack(id)
    expect(problemsOf(await shown(back))).toEqual([])
    const card = await at.card(back)
    expect(card).toContain('0 values of visitors.summary are lost')
    expect(card).not.toContain('makes the schema sekisho')
    await at.must('ops1', ['change', 'approve', back, '--yes'])
    expect((await shown(back)).execution?.outcome).toBe('kept')
    expect(await pictured(at.here.host)).toEqual(before)
    expect(await at.must('ops1', ['change', 'list', '--all'])).toContain(`back by ${back}`)
    const again = await at.must('ops1', ['change', 'rollback', id], 2)
    expect(again).toContain(`taken back since by ${back}`)
    const record = await at.must('ops1', ['record', 'show', back])
    expect(record).toMatch(/Locks of tables: planned no reads for .* \/ actual no reads for/)
    expect(record).toContain('Database changed: ')
    expect(record).not.toContain('bytes, owner and mode')
  })

  test('part of S27, N21: with values in the column the card has their number, and its approval lets them go', async () => {
    const { id } = await first()
    await sql(at.here.host, "UPDATE visitors SET summary = 'short' WHERE id <= 8")
    const back = await printedBack(id)
    expect(problemsOf(await shown(back))).toEqual([])
    expect(await at.card(back)).toContain('8 rows of visitors lose their summary')
    await sql(at.here.host, "UPDATE visitors SET summary = 'late' WHERE id = 9")
    const refused = await at.here.sekisho('ops1', ['change', 'approve', back, '--yes'], { together: true })
    expect(refused.stdout).toContain('visitors.summary 9')
    expect(await sql(at.here.host, 'SELECT count(summary) FROM visitors')).toBe('9')
    const anew = await printedBack(id)
    expect(await at.card(anew)).toContain('9 rows of visitors lose their summary')
    await at.must('ops1', ['change', 'approve', anew, '--yes'])
    const columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'summary'"
    expect(await sql(at.here.host, columns)).toBe('0')
  })
})
