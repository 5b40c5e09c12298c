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
  WITH_RUNNER,
} from './trial-of-code.ts'

const LIMIT = { timeout: 7_200_000 }
/** Changes of the whole that are killed at random moments: once in the stage, and so often in the execution. */
const RANDOM = Number(environment['SEKISHO_RANDOM_KILLS'] ?? 17)
const RANDOM_TOGETHER = 2
/** Kills at places of one execution, at most. */
const TOGETHER = 4
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
  isOfChange(name) && !/^journal\.(stored|evidence|statement|backup)\./.test(name)

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

    /** What is to be tried: of the whole each place with one of the victims, by turns, so that as many seeds as there are victims see all of them. */
    async function all(): Promise<{
      chains: readonly Chain[]
      stages: Kill[]
      chance: readonly CodeTrial[]
    }> {
      const sound = await passed(false)
      const sick = await passed(true)
      for (const point of [...sound.stage, ...sound.execution, ...sick.execution])
        expect(KILL_POINTS).toContain(point.split('#')[0])
      console.log(`places: ${JSON.stringify({ ...sound, undo: sick.execution })}`)
      const victim = (i: number) => victims[(i + random.seed) % victims.length] ?? 'runner'
      const claimed = sick.execution.findIndex((one) => one.includes('journal.claim.'))
      const soon = (most: number): Kill => ({
        at: { afterMs: Math.floor(random.next() * most) },
        killed: pick(victims),
      })
      const every = <T>(one: T, i: number): readonly T[] => (i % PART === random.seed % PART ? [one] : [])
      return {
        chains: [
          ...chained(false, sound.execution, 0, victim),
          ...chained(true, sick.execution, claimed, victim),
        ].flatMap(every),
        stages: Array.from({ length: STAGE_ROUNDS }, (_, round) =>
          sound.stage.map((point, i) => at(point, victim(i + round))),
        )
          .flat()
          .flatMap(every),
        chance: Array.from(
          { length: RANDOM },
          (): CodeTrial => ({
            isSick: random.next() < 0.5,
            stage: soon(LONGEST.stage),
            execution: Array.from({ length: RANDOM_TOGETHER }, () => soon(LONGEST.execution)),
          }),
        ).flatMap(every),
      }
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
          execution: [at(pick(sound.execution), pick(victims))],
        },
        { isSick: true, execution: [at(pick(OF_UNDO), pick(victims))] },
      ]
    }

    test('part of X16: right end, nothing doubled, nothing left over', LIMIT, async () => {
      // The first commit makes a service that can be sick too: its places are not those of the others.
      if (ONLY === undefined) await passed(false)
      const rows: CodeRow[] = []
      const tried = async (trial: CodeTrial): Promise<CodeRow> => {
        const began = performance.now()
        const row = await tryCode(d, trial).catch((error: unknown): CodeRow => {
          const faults = [error instanceof Error ? error.message : String(error)]
          return { ...trial, end: 'broken', restarts: 0, smokes: 0, commits: 0, reached: 0, faults }
        })
        rows.push(row)
        if (row.faults.length > 0)
          await mend(stationOf(d)).catch((cause: unknown) => console.log(String(cause)))
        console.log(`${Math.round(performance.now() - began)} ms ${JSON.stringify(row)}`)
        return row
      }
      if (ONLY?.startsWith('[') === true) for (const trial of given(ONLY)) await tried(trial)
      else if (ONLY === 'back') for (const trial of await backs()) await tried(trial)
      else if (!IS_WHOLE) for (const trial of await three()) await tried(trial)
      else {
        const { chains, stages, chance } = await all()
        const left = [...chains]
        for (let chain = left.shift(); chain !== undefined; chain = left.shift()) {
          const stage = stages.shift()
          const { reached } = await tried({
            isSick: chain.isSick,
            ...(stage === undefined ? {} : { stage }),
            execution: counted(chain),
          })
          // What the end of a change was before: by itself, at the end.
          if (reached > 0)
            left.push(...chain.kills.slice(reached).map((kill) => ({ ...chain, kills: [kill] })))
          console.log(`${left.length} to come`)
        }
        for (const stage of stages) await tried({ isSick: false, stage })
        for (const trial of chance) await tried(trial)
        if (takesBack === true) for (const trial of await backs()) await tried(trial)
      }
      const kills = rows
        .flatMap(({ stage, execution = [], back, reached }) => [stage, ...execution.slice(0, reached), back])
        .filter((one) => one !== undefined && one !== 'unhurt')
      console.log(`${kills.length} kills in ${rows.length} changes`)
      expect(rows.filter(({ faults }) => faults.length > 0)).toEqual([])
    })
  })
}

/** Kills of one execution, by the index of their place among all that it passes. */
interface Chain {
  readonly isSick: boolean
  readonly passed: readonly string[]
  readonly kills: readonly { readonly index: number; readonly killed: string }[]
}

/** Each place from `from` on with its victim. One with which the runner dies is the last of its chain: what it passes again is not counted. */
function chained(
  isSick: boolean,
  passed: readonly string[],
  from: number,
  victim: (i: number) => string,
): readonly Chain[] {
  const all = passed.map((_, index) => ({ index, killed: victim(index) })).slice(from)
  const last = all.filter(({ killed }) => WITH_RUNNER.includes(killed))
  const before = all.filter((one) => !last.includes(one))
  const chains = last.map((end) => {
    const some: typeof all = []
    while (some.length < TOGETHER - 1 && (before[0]?.index ?? end.index) < end.index)
      some.push(...before.splice(0, 1))
    return [...some, end]
  })
  while (before.length > 0) chains.push(before.splice(0, TOGETHER))
  return chains.map((kills) => ({ isSick, passed, kills }))
}

/** The places, each counted from the one before it. */
function counted({ passed, kills }: Chain): readonly Kill[] {
  const name = (index: number) => passed[index]?.split('#')[0] ?? ''
  return kills.map(({ index, killed }, i) => {
    const from = kills[i - 1]?.index ?? -1
    const times = passed.filter((_, n) => n > from && n <= index && name(n) === name(index)).length
    return { at: { point: `${name(index)}#${times}` }, killed }
  })
}

/** Trials as a run before printed them. */
const given = (text: string) => JSON.parse(text) as readonly CodeTrial[]
