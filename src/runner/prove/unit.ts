// Are the settings of a changed unit file in force? Loaded, no new warning, no daemon-reload owed, each changed key read back as planned.
// `systemd-analyze verify` exits 0 on unknown keys and bad values: any line of it that names the file is red.

import { type FileChange, withChanges } from '../../host/file-view.ts'
import { journalSince } from '../../host/journal-log.ts'
import { liveFiles } from '../../host/live-files.ts'
import { compareShown, readBacks } from '../../host/systemd-property.ts'
import { changedSettings, settingsInForce, unitFiles } from '../../host/systemd-unit.ts'
import { readUnitState, showProperties } from '../../host/unit-facts.ts'
import { type FileChange as PlannedFile } from '../../plans/file-state.ts'
import { replacedFiles } from '../../plans/plan.ts'
import { type Proof } from '../../plans/proofs.ts'
import { findCopy, readCopy } from '../act/copies.ts'
import { green, notProven, type Progress, type ProofContext, type Proven, red } from './context.ts'
import { proveRunning } from './running.ts'

type UnitProof = Extract<Proof, { readonly kind: 'unit' }>

export async function proveUnit(proof: UnitProof, c: ProofContext, progress: Progress): Promise<Proven> {
  if (!c.systemctl) return notProven('no_systemd', { unit: proof.unit })
  const state = await readUnitState(proof.unit, c)
  if (!state.loaded) return red('not_loaded', { unit: proof.unit })
  if (state.needDaemonReload) return red('daemon_reload_owed', { unit: proof.unit })
  const warnings = await warningsOf(proof.unit, c)
  if (warnings.length > 0)
    return red('warnings', { unit: proof.unit, line: warnings[0] ?? '', lines: warnings.slice(0, 20) })
  const settings = await readBack(proof.unit, c)
  if (settings.different.length > 0) return red('settings_differ', { unit: proof.unit, ...settings })
  const running = proof.restarted
    ? await proveRunning(
        { unit: proof.unit, active: true, newer: true, stableMs: proof.stableMs },
        c,
        progress,
      )
    : green({ unit: proof.unit })
  const facts = { ...running.facts, ...settings }
  if (running.verdict !== 'green') return { verdict: running.verdict, facts }
  return settings.notReadBack.length > 0 ? notProven('settings_not_read_back', facts) : green(facts)
}

function plannedFiles(c: ProofContext): readonly PlannedFile[] {
  return replacedFiles(c.plan)
}

/** Of systemd's own checker now, and of PID 1 when it loaded the file. */
async function warningsOf(unit: string, c: ProofContext): Promise<readonly string[]> {
  const paths = plannedFiles(c).flatMap(({ path, real }) => [path, real])
  const names = (line: string) => paths.some((path) => line.includes(path))
  const argv = [
    'systemd-analyze',
    'verify',
    '--man=no',
    '--generators=no',
    '--recursive-errors=no',
    '--',
    unit,
  ]
  const verify = await c.run(argv, { timeoutMs: 20_000 })
  const loaded = (await journalSince(c.before.cursor, { pid: 1 }, c.run)) ?? []
  return [...new Set([...`${verify.stdout}\n${verify.stderr}`.split('\n'), ...loaded].filter(names))]
}

/** Names only: the value of a setting may be a secret. */
async function readBack(unit: string, c: ProofContext) {
  const now = settingsInForce(unitFiles(liveFiles, unit).map(({ text }) => text))
  const before = settingsInForce(
    unitFiles(withChanges(liveFiles, await oldVersions(c)), unit).map(({ text }) => text),
  )
  const changed = changedSettings(before, now)
  const { readable, unreadable } = readBacks(changed, now)
  const shown = await showProperties(unit, [...new Set(readable.map(({ property }) => property))], c)
  const answers = readable.map((item) => ({ item, says: compareShown(item, shown.get(item.property) ?? '') }))
  const named = (says: string) => answers.filter((one) => one.says === says).map(({ item }) => item.setting)
  // What is only read at boot or by `enable` has no property and no effect on the running service.
  const silent = unreadable.filter((setting) => !setting.startsWith('Install.'))
  return { same: named('same'), different: named('different'), notReadBack: [...named('unknown'), ...silent] }
}

async function oldVersions(c: ProofContext): Promise<readonly FileChange[]> {
  const old: FileChange[] = []
  for (const file of plannedFiles(c)) {
    const { before, real } = file
    if (before.kind === 'absent') old.push({ path: real, after: { kind: 'absent' } })
    else if (before.kind === 'link') old.push({ path: real, after: { kind: 'link', target: before.target } })
    else {
      const copy = await findCopy(file, c)
      const bytes = copy === undefined ? undefined : (await readCopy(copy, file, c)).bytes
      const { mode, uid, gid } = before
      if (bytes !== undefined) old.push({ path: real, after: { kind: 'file', bytes, mode, uid, gid } })
    }
  }
  return old
}
