// F1 of a change of code: runner, gate, PostgreSQL and all of them at once are killed in stage, deployment and the way back.
import { beforeAll, expect, test } from 'vitest'
import { KILL_POINTS } from '../../src/runner/kill-points.ts'
import { environment } from '../../src/sys/config.ts'
import { describeWith } from '../host/describe.ts'
import { isOfChange, mend, numbered, places, seeded } from './campaign.ts'
import { IS_WHOLE } from './share.ts'
import {
  type CodeRow,
  type CodeStation,
  type CodeTrial,
  codeStation,
  type Deploy,
  type Kill,
  type Killed,
  tryCode,
} from './trial-of-code.ts'

const LIMIT = { timeout: 7_200_000 }
const VICTIMS: readonly Killed[] = ['runner', 'everything', 'gate', 'postgres']
/** Random moments of the whole. */
const RANDOM = Number(environment['SEKISHO_RANDOM_KILLS'] ?? 25)
const LONGEST = { stage: 20_000, execution: 8000 } as const
/** Places of a way back that an ordinary run chooses from, which does not look for all of them first. */
const OF_UNDO: readonly string[] = [
  'journal.claim.before#1',
  'journal.claim.after#1',
  'exchange.before#2',
  'exchange.after#2',
  'unit.call.before#2',
  'unit.call.after#2',
  'journal.closed.before#1',
]

/** As each file of the campaign calls it for one way to deploy. */
export function describeKillsOfCode(deploy: Deploy): void {
  describeWith('host', `F1 a change of code (${deploy}) is killed`, () => {
    const random = seeded()
    let s: CodeStation
    beforeAll(async () => {
      console.log(`kills of code, ${deploy}: ${IS_WHOLE ? 'whole' : 'three'}, SEKISHO_SEED=${random.seed}`)
      s = await codeStation(deploy)
    }, 300_000)

    const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)] as T
    const at = (point: string, killed: Killed): Kill => ({ at: { point }, killed })
    const passed = async (isSick: boolean) => {
      const from = (await places(s.host)).length
      let staged = from
      const row = await tryCode(s, { isSick }, async () => {
        staged = (await places(s.host)).length
      })
      expect(row.faults, JSON.stringify(row)).toEqual([])
      const all = await places(s.host)
      const named = (list: readonly string[]) => numbered(list).filter((one) => isOfChange(one))
      return { stage: named(all.slice(from, staged)), execution: named(all.slice(staged)) }
    }

    async function all(): Promise<readonly CodeTrial[]> {
      const sound = await passed(false)
      const sick = await passed(true)
      for (const point of [...sound.stage, ...sound.execution, ...sick.execution])
        expect(KILL_POINTS).toContain(point.split('#')[0])
      console.log(`places: ${JSON.stringify({ ...sound, undo: sick.execution })}`)
      // Each place with one of the four, by turns: four seeds see all of them.
      const turn = random.seed % VICTIMS.length
      const victim = (i: number) => VICTIMS[(i + turn) % VICTIMS.length] as Killed
      const claimed = sick.execution.slice(sick.execution.findIndex((one) => one.includes('journal.claim.')))
      const executions: readonly CodeTrial[] = [
        ...sound.execution.map((point, i) => ({ isSick: false, execution: at(point, victim(i)) })),
        ...claimed.map((point, i) => ({ isSick: true, execution: at(point, victim(i)) })),
      ]
      const soon = (most: number): Kill => ({
        at: { afterMs: Math.floor(random.next() * most) },
        killed: pick(VICTIMS),
      })
      const placed = executions.map((one, i): CodeTrial => {
        const point = sound.stage[i % sound.stage.length]
        return point === undefined || i >= 4 * sound.stage.length
          ? one
          : { ...one, stage: at(point, victim(i + Math.floor(i / sound.stage.length))) }
      })
      const chance = Array.from(
        { length: RANDOM },
        (): CodeTrial => ({
          isSick: random.next() < 0.5,
          stage: soon(LONGEST.stage),
          execution: soon(LONGEST.execution),
        }),
      )
      return [...placed, ...chance]
    }

    async function three(): Promise<readonly CodeTrial[]> {
      const sound = await passed(false)
      return [
        {
          isSick: false,
          stage: at(pick(sound.stage), pick(VICTIMS)),
          execution: at(pick(sound.execution), pick(VICTIMS)),
        },
        { isSick: true, execution: at(pick(OF_UNDO), pick(VICTIMS)) },
      ]
    }

    test('part of X16: right end, nothing doubled, nothing left over', LIMIT, async () => {
      const trials = IS_WHOLE ? await all() : await three()
      const only = new RegExp(environment['SEKISHO_CAMPAIGN_ONLY'] ?? '')
      const rows: CodeRow[] = []
      for (const trial of trials) {
        if (!only.test(JSON.stringify(trial))) continue
        const began = performance.now()
        const row = await tryCode(s, trial).catch(async (error: unknown): Promise<CodeRow> => {
          await mend(s).catch((cause: unknown) => console.log(String(cause)))
          const faults = [error instanceof Error ? error.message : String(error)]
          return { ...trial, end: 'broken', restarts: 0, smokes: 0, commits: 0, faults }
        })
        rows.push(row)
        console.log(`${Math.round(performance.now() - began)} ms ${JSON.stringify(row)}`)
      }
      const kills = rows
        .flatMap(({ stage, execution }) => [stage, execution])
        .filter((one) => one !== undefined)
      console.log(`${kills.length} kills in ${rows.length} changes`)
      expect(rows.filter(({ faults }) => faults.length > 0)).toEqual([])
    })
  })
}
