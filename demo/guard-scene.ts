// An agent tries the lines that the operations guide forbids. What answers is the hook as `sekisho install` put it in, asked as Claude
// Code asks it (payloads as recorded from 2.1.331).
import type { Json } from '../src/base/json.ts'
import type { Status } from '../src/contract/gate.ts'
import { until } from '../tests/until.ts'
import type { Stage } from './scenes.ts'
import { type } from './typed.ts'

const SETTINGS = '/etc/claude-code/managed-settings.json'
const TREE = '/srv/mirai'
const DATA = '/var/lib/mirai/data'

interface Answer {
  readonly decision: 'none' | 'ask' | 'deny'
  readonly reason: string
  readonly code: number
}

/** The command that the settings hold for this event, as it stands there now. */
async function hookLine(stage: Stage): Promise<string> {
  const settings = JSON.parse((await stage.world.host.read(SETTINGS)).toString()) as {
    readonly hooks: {
      readonly PreToolUse: readonly { readonly hooks: readonly { readonly command: string }[] }[]
    }
  }
  const line = settings.hooks.PreToolUse[0]?.hooks[0]?.command
  if (line === undefined) throw new Error(`${SETTINGS}: no hook`)
  return line
}

let calls = 0

/** One tool call of the agent: shown, put to the hook, and its answer shown. */
async function tried(stage: Stage, tool: string, input: Record<string, Json>): Promise<Answer> {
  const { host } = stage.world
  const payload = {
    session_id: '6f1c0f0a-demo',
    transcript_path: '/home/claude/.claude/projects/mirai/6f1c0f0a.jsonl',
    cwd: TREE,
    permission_mode: 'bypassPermissions',
    hook_event_name: 'PreToolUse',
    tool_name: tool,
    tool_input: input,
    tool_use_id: `toolu_demo_${++calls}`,
  }
  stage.figures.commands++
  const shown = typeof input['command'] === 'string' ? input['command'] : `${String(input['file_path'])}`
  stage.typed('claude', tool === 'Bash' ? shown : `${tool} ${shown}`, tool === 'Bash' ? '$' : '▸')
  const { code, stdout, stderr } = await host.exec(['sh', '-c', await hookLine(stage)], {
    user: 'claude',
    input: JSON.stringify(payload),
    env: { HOME: '/home/claude', CLAUDECODE: '1' },
  })
  const answer = answerOf(code, stdout, stderr)
  stage.say(answer.decision === 'none' ? stage.words.passed : answer.reason)
  return answer
}

function answerOf(code: number, stdout: string, stderr: string): Answer {
  if (code === 2) return { decision: 'deny', reason: stderr.trim(), code }
  if (stdout.trim() === '') return { decision: 'none', reason: stderr.trim(), code }
  const { hookSpecificOutput: out } = JSON.parse(stdout) as {
    readonly hookSpecificOutput: {
      readonly permissionDecision: 'ask' | 'deny'
      readonly permissionDecisionReason: string
    }
  }
  return { decision: out.permissionDecision, reason: out.permissionDecisionReason, code }
}

type ToolCall = readonly [tool: string, input: Record<string, Json>]
const bash = (command: string): ToolCall => ['Bash', { command, description: '' }]

export const agentTries = async (stage: Stage): Promise<void> => {
  const { host } = stage.world
  const { words } = stage
  const data = async () =>
    await host.ok(['sh', '-c', `cd ${DATA} && sha256sum *.json; stat -c '%a %U %n' *.json`])
  const before = await data()
  stage.say(words.observing)
  const installed = await type(stage, 'root', ['install', 'claude-code', '--managed', '--yes'], 'out')
  stage.check('the guard is in front of the agent', installed.code === 0, installed.stdout + installed.stderr)
  const remove = `rm -rf ${DATA}`
  const observed = await tried(stage, ...bash(remove))
  stage.check('observe stops nothing', observed.decision === 'none' && observed.code === 0, observed.reason)
  stage.say(words.wouldBe)
  const would = await type(stage, 'claude', ['guard', 'check', '--cwd', TREE, '--', remove], 'out')
  stage.check('guard check answers by the rules of the machine', would.code === 2, would.stdout)
  stage.say(words.strict)
  const raised = await type(stage, 'root', ['level', 'guard'], 'out')
  stage.check('the level is guard', raised.code === 0, raised.stdout + raised.stderr)

  stage.say(`\n${words.tries}`)
  const forbidden: readonly ToolCall[] = [
    bash(remove),
    ['Edit', { file_path: `${DATA}/users.json`, old_string: '"viewer"', new_string: '"admin"' }],
    bash('cat .env'),
    bash(`cd /srv && cp mirai/.en? /tmp/copy`),
    bash(`python3 -c 'print(open("/srv/mirai/" + ".env").read())'`),
    bash('sudo shutdown -h now'),
    bash('sekisho change approve CHG-2026-0001 --yes'),
  ]
  const refused: Answer[] = []
  for (const call of forbidden) refused.push(await tried(stage, ...call))
  stage.check(
    'each line that the guide forbids is denied, with its rule',
    refused.every(({ decision, reason }) => decision === 'deny' && /protect\.|host\.|self\./.test(reason)),
    refused.map(({ decision, reason }) => `${decision} ${reason}`).join('\n'),
  )
  stage.check(
    'another spelling of the same is known again',
    [refused[3], refused[4]].every((one) => /same effect|同じ結果/.test(one?.reason ?? '')),
  )
  const debugger_ = await tried(stage, ...bash('gdb -p "$(pidof node)"'))
  stage.check('S57: a debugger on the service is asked about', debugger_.decision === 'ask', debugger_.reason)
  stage.say(words.harmless)
  const read = await tried(stage, ...bash(`grep -c '"id"' ${DATA}/articles.json`))
  stage.check('a harmless line passes in silence', read.decision === 'none' && read.code === 0, read.reason)

  const settings = await tried(stage, ...bash(`echo '{}' > ${SETTINGS}`))
  stage.check('the guard is not taken away from inside', settings.decision === 'deny', settings.reason)
  const same = (await data()) === before
  stage.check('the data is as it was', same)
  if (same) stage.say(words.stillThere)
  await paused(stage)
}

async function paused(stage: Stage): Promise<void> {
  const isPaused = async () => {
    const { paused } = await stage.world.json<Status>('ops1', ['status'])
    return paused.length > 0 ? paused : undefined
  }
  const found = await until('the pause', 30_000, isPaused).catch(() => undefined)
  stage.say(stage.words.repeated)
  await type(stage, 'ops1', ['status'], 'out')
  stage.check('status says whose agent is paused', found?.[0]?.account === 'claude', JSON.stringify(found))
  stage.say(stage.words.resumes)
  stage.figures.prompts++
  const resumed = await type(stage, 'ops1', ['agent', 'resume', 'claude'], 'out')
  stage.check('a person lets it go on', resumed.code === 0, resumed.stdout + resumed.stderr)
}
