// A program that runs another one: its own words are taken off, what is left is started with what it changes of the shell.
import { readArguments } from './arguments.ts'
import { preloads } from './assign.ts'
import { runStream, runText } from './builtins.ts'
import type { Field } from './fields.ts'
import { joined } from './printing.ts'
import { environmentOf, handOver } from './reveal.ts'
import type { Call, Shell } from './shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from './stream.ts'
import { touch } from './tool.ts'
import { words } from './tools/items.ts'
import { after, concat, literal, prefix, text, type Value } from './value.ts'
import type { Wrapper } from './wrappers.ts'

/** `su - NAME` */
const isAccount = ({ value }: Field): boolean => !prefix(value).startsWith('-')

export function wrap(wrapper: Wrapper, call: Call): Stream {
  const { shell } = call
  // Each one reads all of the words anew.
  if (!shell.world.step(call.args.length >> 2)) return FROM_PROGRAM
  const given = inner(wrapper, call)
  if (given === undefined) return FROM_PROGRAM
  const name = literal(call.name.value) ?? ''
  const first = readArguments(given, { ...wrapper, style: wrapper.style ?? 'posix' })
  // `runuser NAME -c TEXT`: without `-u` it is read as `su` is.
  const becomes = name === 'su' || (name === 'runuser' && !first.has('u user'))
  const args = becomes ? readArguments(given, { ...wrapper, style: 'gnu' }) : first
  for (const field of wrapper.files === undefined ? [] : args.values(wrapper.files)) keepsIn(call, field)
  for (const field of wrapper.trees === undefined ? [] : args.values(wrapper.trees))
    touch(call, 'path.create', field, { note: 'unpacked' })
  if (wrapper.idle !== undefined && args.has(wrapper.idle)) return NOTHING
  if (args.has('help version')) return NOTHING
  let rest = [...args.operands]
  let { variables } = shell.state
  const take = () => {
    // `BASH_FUNC_ls%%=() { …; }`: a function that a bash started from here has, under a name that it may well use.
    while (rest[0] !== undefined && /^BASH_FUNC_[^=]+(?:%%|\(\))=\s*\(\)/.test(prefix(rest[0].value))) {
      const { value, span } = rest.shift() as Field
      const body = literal(value)?.replace(/^BASH_FUNC_[^=]+=\s*\(\)/, '')
      if (body === undefined) shell.world.say('unknown code', span)
      else shell.fork({ via: [...shell.state.via, 'BASH_FUNC'] }).code(body, span)
    }
    while (rest[0] !== undefined && /^[A-Za-z_]\w*=/.test(prefix(rest[0].value))) {
      const { value } = rest.shift() as Field
      const key = prefix(value).slice(0, prefix(value).indexOf('='))
      preloads(shell, key, [after(value, `${key}=`) ?? []], call.span)
      variables = new Map(variables).set(key, { values: [after(value, `${key}=`) ?? []], exported: true })
    }
  }
  // `env - cmd` is `env -i cmd`. Where a wrapper takes no assignments one would be the name of a program: read for what was meant.
  if (wrapper.splits === true && rest[0] !== undefined && literal(rest[0].value) === '-') rest.shift()
  if (wrapper.behind === undefined) take()
  let code = wrapper.code === undefined ? [] : [...args.values(wrapper.code)]
  rest.splice(0, wrapper.skip ?? 0)
  if (wrapper.behind === undefined && wrapper.skip !== undefined) take()
  if (rest[0] !== undefined && literal(rest[0].value) === '--') rest.shift()
  if (wrapper.pairs === true)
    rest = rest.slice(
      Math.max(
        0,
        rest.findIndex(({ value }) => !prefix(value).startsWith('/')),
      ),
    )
  // `flock file -c 'text'`
  if (
    wrapper.code !== undefined &&
    rest[0] !== undefined &&
    literal(rest[0].value) === '-c' &&
    rest[1] !== undefined
  ) {
    code = [...code, rest[1]]
    rest = []
  }
  const child = childOf(wrapper, call, {
    variables,
    name,
    user: (becomes ? args.operands.find(isAccount) : args.value(wrapper.user ?? ''))?.value,
    directory: wrapper.directory === undefined ? undefined : args.value(wrapper.directory),
  })
  // Whoever becomes somebody may do all that they may, whatever comes next.
  if (child.state.user !== shell.state.user && child.state.user !== 'root')
    child.emit({ verb: 'privilege.escalate', on: { kind: 'program', name } }, call.span)
  let out: Stream = NOTHING
  for (const one of code) out = runText({ ...call, shell: child, span: one.span }, one.value)
  if (wrapper.program !== undefined) rest = [...args.values(wrapper.program).slice(0, 1), ...rest]
  const [program, ...others] = rest
  for (const field of wrapper.properties === undefined ? [] : args.values(wrapper.properties))
    givenBy(call, field, rest)
  const runs = wrapper.code === undefined || wrapper.skip !== undefined || (name === 'runuser' && !becomes)
  const texts = wrapper.lines === 'each' ? rest.map(({ value }) => value) : [joined(rest)]
  if (program !== undefined && wrapper.lines !== undefined && code.length === 0)
    for (const one of texts) out = runText({ ...call, shell: child }, namesScript(one) ?? one)
  else if (program !== undefined && runs && code.length === 0)
    out = child.start(program, others, call.stdin, call.span)
  else if (program === undefined && name === 'env' && !args.has('i ignore-environment'))
    out = environmentOf({ ...call, shell: child })
  else if (
    code.length === 0 &&
    wrapper.shell !== undefined &&
    (program === undefined || !runs) &&
    (wrapper.shell === true || args.has(wrapper.shell))
  )
    // `… | sudo -s`: a shell that reads what comes in.
    out = runStream({ ...call, shell: child }, call.stdin, call.name)
  shell.keepFiles(child)
  return out
}

/** `npm:build`: a script of the project. */
function namesScript(value: Value): Value | undefined {
  const manager = /^(?:npm|yarn|pnpm|bun|node):(?=\S)/.exec(prefix(value))?.[0]
  return manager === undefined ? undefined : concat(['run-s '], after(value, manager) ?? [])
}

/** `EnvironmentFile=-PATH`, `StandardOutput=append:PATH`. */
function givenBy(call: Call, field: Field, words: readonly Field[]): void {
  const mark = /^EnvironmentFile=-?/.exec(prefix(field.value))?.[0]
  if (mark !== undefined) handOver(call, { ...field, value: after(field.value, mark) ?? [] }, words)
  const out = /^Standard(?:Output|Error)=(?:append|truncate|file):/.exec(prefix(field.value))?.[0]
  if (out !== undefined) touch(call, 'path.write', { ...field, value: after(field.value, out) ?? [] })
}

function keepsIn(call: Call, field: Field): void {
  const code = after(field.value, '|') ?? after(field.value, '!')
  if (code === undefined) touch(call, 'path.write', field)
  else runText({ ...call, shell: call.shell.fork(), span: field.span }, code)
}

/** Where the command stands behind a word: what follows that. */
function inner(wrapper: Wrapper, { args }: Call): readonly Field[] | undefined {
  const { behind, verb, splits } = wrapper
  if (splits !== undefined) return unpacked(args)
  const words = verb === undefined ? args : behindVerb(wrapper, verb, args)
  if (behind === undefined || words === undefined) return words
  const marks = behind.split(' ')
  const at = words.findIndex(({ value }) => marks.includes(literal(value) ?? ''))
  return at === -1 ? undefined : words.slice(at + 1)
}

/** `rbenv exec PROGRAM`: only with one of its verbs it runs another program. */
function behindVerb(wrapper: Wrapper, verb: string, args: readonly Field[]): readonly Field[] | undefined {
  const [first, ...rest] = readArguments(args, { ...wrapper, style: 'posix' }).operands
  return first !== undefined && verb.split(' ').includes(literal(first.value) ?? '') ? rest : undefined
}

function childOf(
  wrapper: Wrapper,
  { shell }: Call,
  {
    variables,
    name,
    user,
    directory,
  }: {
    readonly variables: Shell['state']['variables']
    readonly name: string
    readonly user: Field['value'] | undefined
    readonly directory: Field | undefined
  },
): Shell {
  return shell.fork({
    variables,
    user: wrapper.user === undefined ? shell.state.user : (literal(user ?? text('root')) ?? 'unknown'),
    via: [...shell.state.via, name],
    ...(directory === undefined ? {} : { cwd: shell.paths(directory.value) }),
    ...(wrapper.elsewhere === true ? { host: `${name}:` } : {}),
  })
}

/** `env -S 'cmd args'`: split as a shell would, where it stands; it may begin with options and assignments of its own. */
function unpacked(args: readonly Field[]): readonly Field[] {
  for (let i = 0; i < args.length; i++) {
    const field = args[i] as Field
    const start = prefix(field.value)
    if (!start.startsWith('-')) return args
    const mark = /^(?:-[i0v]*S|--split-string=)/.exec(start)?.[0]
    const apart =
      start === '--split-string' || (mark !== undefined && mark === start && !start.startsWith('--'))
    const value = apart ? args[i + 1]?.value : mark === undefined ? undefined : after(field.value, mark)
    if (value !== undefined) {
      const split = words(value).map((one): Field => ({ ...field, value: one }))
      return [...args.slice(0, i), ...split, ...args.slice(i + (apart ? 2 : 1))]
    }
    if (/^(?:-[uCP]|--unset|--chdir)$/.test(start)) i++
  }
  return args
}
