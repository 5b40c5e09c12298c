// `sekisho config apply|show|diff`: the owner's act on the one source of rules.
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import type { PolicyProblem } from '../../base/policy-problem.ts'
import { differenceLine, type PolicyDifference } from '../../policy/diff.ts'
import { IN_FORCE, NO_DIFFERENCE } from '../../words/in-force.ts'
import { policyReport } from '../../words/policy.ts'
import { type Call, flag } from '../command.ts'
import { apply, examine, placesFor, readSource } from '../rules-file.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  if (call.words === 'config show') {
    terminal.say(await readSource(call))
    return EXIT.done
  }
  const offline = flag(call, 'offline')
  if (call.words === 'config diff') {
    const examined = await examine(call, offline)
    if (examined.state === 'refused') return refused(call, examined.problems)
    const { before, compiled, differences, warnings } = examined
    const code = show(call, differences, warnings)
    if (!terminal.json && differences.length === 0)
      terminal.say(NO_DIFFERENCE[terminal.language](before?.version === compiled.runner.version))
    return code
  }
  const { applied, told } = await apply(call, offline)
  if (applied.state === 'refused') return refused(call, applied.problems)
  if (terminal.json) {
    terminal.answer({
      state: applied.state,
      version: applied.version,
      told,
      differences: applied.differences.map(differenceLine),
    })
    return EXIT.done
  }
  show(call, applied.differences, applied.warnings)
  const isSame = applied.state === 'unchanged'
  terminal.say(IN_FORCE[terminal.language]({ version: applied.version, isSame, isTaken: told }))
  return EXIT.done
}

function show(
  call: Call,
  differences: readonly PolicyDifference[],
  warnings: readonly PolicyProblem[],
): ExitCode {
  const { terminal } = call
  if (terminal.json) {
    terminal.answer({ differences: differences.map(differenceLine), warnings })
    return EXIT.done
  }
  if (differences.length > 0)
    terminal.say(differences.map((one) => paint(call, differenceLine(one))).join('\n'))
  if (warnings.length > 0) terminal.report(policyReport(warnings, placesFor(call).source, terminal.language))
  return EXIT.done
}

function paint(call: Call, line: string): string {
  return line.startsWith('+')
    ? call.terminal.paint('added', line)
    : line.startsWith('-')
      ? call.terminal.paint('removed', line)
      : line
}

function refused(call: Call, problems: readonly PolicyProblem[]): ExitCode {
  const { terminal } = call
  if (terminal.json) terminal.answer({ ok: false, problems })
  terminal.report(policyReport(problems, placesFor(call).source, terminal.language))
  return EXIT.usage
}
