// F1 of a change of code: runner, gate, PostgreSQL and all of them at once, and what a service has besides, are killed in stage, execution and the way back.
import { beforeAll, expect, test } from 'vitest'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import { environment } from '../../src/sys/config.ts'
import { describeWith } from '../host/describe.ts'
import { isOfChange, mend, numbered, places, seeded } from './campaign.ts'
import { IS_WHOLE } from './share.ts'
import {
  type CodeRow,
  type CodeTrial,
  type Deployed,
  EVERYWHERE,
  type Kill,
  stationOf,
  tryCode,
} from './trial-of-code.ts'

const LIMIT = { timeout: 7_200_000 }
/** Changes of the whole that are killed at random moments, twice each. */
const RANDOM = Number(environment['SEKISHO_RANDOM_KILLS'] ?? 25)
/** For somebody who looks for one fault: only these trials, as JSON; `back`: only what takes a kept change back. */
const ONLY = environment['SEKISHO_CAMPAIGN_ONLY']
/** Of the whole only each so many-th, from the seed on. */
const PART = Number(environment['SEKISHO_CAMPAIGN_PART'] ?? 1)
/** With how many of the victims each step of a stage is tried. */
const STAGE_ROUNDS = 2
const LONGEST = { stage: 20_000, execution: 8000 } as const
/** Places of a way back that an ordinary run chooses from, which does not look for all of them first. */
const OF_UNDO: readonly string[] = [
  'journal.claim.before#1',
  'journal.claim.after#1',
  'journal.intent.after#4',
  'exchange.before#2',
  'exchange.after#2',
  'unit.call.before#2',
  'unit.call.after#2',
  'journal.closed.before#1',
]
/** Lines that come when they will, as those of a backup by the clock, or once. */
const isOwn = (name: string) =>
  isOfChange(name) && !/^journal\.(read|stored|evidence|statement|backup)\./.test(name)

/** Kills while a kept change is taken back: so many places of it, from the seed on, and so many random moments. */
const BACK = { places: 6, random: 2 } as const

export interface KillsOfCode {
  /** The whole takes what was kept back too, under kills. */
  readonly takesBack?: true
}

/** As each file of the campaign calls it for one service and one way to deploy. */
export function describeKillsOfCode(
  title: string,
  open: () => Promise<Deployed>,
  { takesBack }: KillsOfCode = {},
): void {
  describeWith('host', `F1 ${title} is killed`, () => {
    const random = seeded()
    let d: Deployed
    let victims: readonly string[]
    beforeAll(async () => {
      console.log(`kills of ${title}: ${IS_WHOLE ? 'whole' : 'three'}, SEKISHO_SEED=${random.seed}`)
      d = await open()
      victims = [...EVERYWHERE, ...Object.keys(d.strikes ?? {})]
    }, 300_000)

    const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
    const at = (point: string, killed: string): Kill => ({ at: { point }, killed })
    async function passed(isSick: boolean) {
      const { host } = d.world
      const from = (await places(host)).length
      let staged = from
      const row = await tryCode(d, { isSick }, async () => {
        staged = (await places(host)).length
      })
      expect(row.faults, JSON.stringify(row)).toEqual([])
      const all = await places(host)
      const named = (list: readonly string[]) => numbered(list).filter(isOwn)
      return { stage: named(all.slice(from, staged)), execution: named(all.slice(staged)) }
    }

    async function all(): Promise<readonly CodeTrial[]> {
      const sound = await passed(false)
      const sick = await passed(true)
      for (const point of [...sound.stage, ...sound.execution, ...sick.execution])
        expect(KILL_POINTS).toContain(point.split('#')[0])
      console.log(`places: ${JSON.stringify({ ...sound, undo: sick.execution })}`)
      // Each place with one of the victims, by turns: as many seeds as there are victims see all of them.
      const victim = (i: number) => victims[(i + random.seed) % victims.length] ?? 'runner'
      const claimed = sick.execution.slice(sick.execution.findIndex((one) => one.includes('journal.claim.')))
      const executions: readonly CodeTrial[] = [
        ...sound.execution.map((point, i) => ({ isSick: false, execution: at(point, victim(i)) })),
        ...claimed.map((point, i) => ({ isSick: true, execution: at(point, victim(i)) })),
      ]
      const soon = (most: number): Kill => ({
        at: { afterMs: Math.floor(random.next() * most) },
        killed: pick(victims),
      })
      const placed = executions.map((one, i): CodeTrial => {
        const round = Math.floor(i / sound.stage.length)
        const point = sound.stage[i % sound.stage.length]
        return point === undefined || round >= STAGE_ROUNDS
          ? one
          : { ...one, stage: at(point, victim(i + round)) }
      })
      const chance = Array.from(
        { length: RANDOM },
        (): CodeTrial => ({
          isSick: random.next() < 0.5,
          stage: soon(LONGEST.stage),
          execution: soon(LONGEST.execution),
        }),
      )
      return [...placed, ...chance].filter((_, i) => i % PART === random.seed % PART)
    }

    /** Only what is killed differs: the whole way there goes undisturbed. */
    async function backs(): Promise<readonly CodeTrial[]> {
      const { host } = d.world
      let from = 0
      const row = await tryCode(d, { isSick: false, back: 'unhurt' }, async () => {
        from = (await places(host)).length
      })
      expect(row.faults, JSON.stringify(row)).toEqual([])
      const found = numbered((await places(host)).slice(from)).filter(isOwn)
      console.log(`places of taking back: ${JSON.stringify(found)}`)
      const step = Math.max(1, Math.floor(found.length / BACK.places))
      const chosen = found.filter((_, i) => i % step === random.seed % step).slice(0, BACK.places)
      const chance = Array.from({ length: BACK.random }, () => Math.floor(random.next() * LONGEST.execution))
      return [
        ...chosen.map((point, i) => at(point, victims[(i + random.seed) % victims.length] ?? 'runner')),
        ...chance.map((afterMs): Kill => ({ at: { afterMs }, killed: pick(victims) })),
      ].map((back) => ({ isSick: false, back }))
    }

    async function three(): Promise<readonly CodeTrial[]> {
      const sound = await passed(false)
      return [
        {
          isSick: false,
          stage: at(pick(sound.stage), pick(victims)),
          execution: at(pick(sound.execution), pick(victims)),
        },
        { isSick: true, execution: at(pick(OF_UNDO), pick(victims)) },
      ]
    }

    test('part of X16: right end, nothing doubled, nothing left over', LIMIT, async () => {
      // The first commit makes a service that can be sick too: its places are not those of the others.
      if (ONLY === undefined) await passed(false)
      const trials =
        ONLY?.startsWith('[') === true
          ? given(ONLY)
          : ONLY === 'back'
            ? await backs()
            : IS_WHOLE
              ? [...(await all()), ...(takesBack === true ? await backs() : [])]
              : await three()
      const rows: CodeRow[] = []
      for (const trial of trials) {
        const began = performance.now()
        const row = await tryCode(d, trial).catch((error: unknown): CodeRow => {
          const faults = [error instanceof Error ? error.message : String(error)]
          return { ...trial, end: 'broken', restarts: 0, smokes: 0, commits: 0, faults }
        })
        rows.push(row)
        if (row.faults.length > 0)
          await mend(stationOf(d)).catch((cause: unknown) => console.log(String(cause)))
        console.log(`${Math.round(performance.now() - began)} ms ${JSON.stringify(row)}`)
      }
      const kills = rows
        .flatMap(({ stage, execution, back }) => [stage, execution, back])
        .filter((one) => one !== undefined && one !== 'unhurt')
      console.log(`${kills.length} kills in ${rows.length} changes`)
      expect(rows.filter(({ faults }) => faults.length > 0)).toEqual([])
    })
  })
}

/** Trials as a run before printed them. */
const given = (text: string) => JSON.parse(text) as readonly CodeTrial[]
