// Entries of the ledger as places: the gate is held inside of the transaction that writes an entry, before it commits, by a trigger of the test's own
// in the gate's database. What is counted here is read from the tables, and by no program of ours.
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'
import { DATA, HIT, isHit, ORDER } from './campaign.ts'

/** As the owner of the tables, past the gate. */
export async function sql(host: Host, text: string): Promise<string> {
  const url = `postgresql://sk_owner:$(cat ${DATA}/pg/owner.password)@localhost:5432/sekisho?host=${DATA}/pg/socket`
  return (
    await host.ok(['sh', '-c', `psql "${url}" -XqAt -v ON_ERROR_STOP=1 -c "$1"`, 'sh', text], {
      timeoutMs: 30_000,
    })
  ).trim()
}

/** The wait sees an order that is taken back: each statement of a volatile function looks anew. */
export async function withHolds(host: Host): Promise<void> {
  await sql(
    host,
    `CREATE TABLE test_hold (kind text NOT NULL, nth bigint NOT NULL);
     CREATE SEQUENCE test_passed;
     CREATE FUNCTION test_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
     BEGIN
       IF EXISTS (SELECT FROM test_hold WHERE kind = new.kind) THEN
         IF nextval('test_passed') = (SELECT max(nth) FROM test_hold) THEN
           WHILE EXISTS (SELECT FROM test_hold) LOOP PERFORM pg_sleep(0.05); END LOOP;
         END IF;
       END IF;
       RETURN NULL;
     END $$;
     CREATE TRIGGER test_hold AFTER INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION test_hold();`,
  )
}

const LEDGER = 'ledger.'

/** From now on the part stands still where it comes to this place: the runner at one of its own, the gate at an entry. */
export async function holdAt(host: Host, place: string): Promise<void> {
  await host.exec(['rm', '-f', HIT, ORDER])
  if (!place.startsWith(LEDGER)) return host.put(ORDER, `${place} hold`)
  const [kind = '', nth = '1'] = place.slice(LEDGER.length).split('#')
  await sql(
    host,
    `DELETE FROM test_hold; ALTER SEQUENCE test_passed RESTART; INSERT INTO test_hold VALUES ('${kind}', ${Number(nth)})`,
  )
}

/** A sequence is seen before its transaction commits. */
export async function isHeldAt(host: Host, place: string): Promise<boolean> {
  if (!place.startsWith(LEDGER)) return isHit(host)
  const said = await sql(
    host,
    'SELECT is_called AND last_value >= (SELECT max(nth) FROM test_hold) FROM test_passed',
  )
  return said === 't'
}

/** Also of a store that comes up again. */
export async function letGo(host: Host, place: string): Promise<void> {
  await host.exec(['rm', '-f', HIT, ORDER])
  if (place.startsWith(LEDGER))
    await until('the hold to be released', 60_000, () =>
      sql(host, 'DELETE FROM test_hold').then(
        () => true,
        () => undefined,
      ),
    )
}

export const lastEntry = async (host: Host) =>
  Number(await sql(host, 'SELECT coalesce(max(seq), 0) FROM ledger'))

/** The first entry of each transaction since then about incidents and changes, as places. */
export async function entriesAfter(host: Host, seq: number): Promise<readonly string[]> {
  const found = await sql(
    host,
    `SELECT kind FROM ledger WHERE seq IN (SELECT min(seq) FROM ledger WHERE seq > ${seq} AND kind ~ '^(incident|change|execution)[.]' GROUP BY xmin) ORDER BY seq`,
  )
  return found.split('\n').flatMap((kind) => (kind === '' ? [] : [`${LEDGER}${kind}`]))
}

/** How often each kind of entry stands there about these. */
export async function entriesOf(
  host: Host,
  subjects: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const names = subjects.map((one) => `'${one}'`).join(', ')
  const found = await sql(
    host,
    `SELECT kind || ' ' || count(*) FROM ledger WHERE subject IN (${names}) GROUP BY kind`,
  )
  return Object.fromEntries(
    found.split('\n').flatMap((line) => {
      const [kind = '', count] = line.split(' ')
      return kind === '' ? [] : [[kind, Number(count)]]
    }),
  )
}
