// The course of a text: lists, pipes, branches and loops, every one of them taken; what one command does is the shell's.
import { expandWhole, expandWords } from './expand.ts'
import { isAlways, spawnsForever } from './questions.ts'
import { deliver, redirect } from './redirect.ts'
import type { Shell } from './shell.ts'
import { join, put, type State } from './state.ts'
import { either, follow, NOTHING, type Stream } from './stream.ts'
import type { Node, Simple } from './tree.ts'
import { distinct, UNKNOWN, type Value } from './value.ts'

/** Runs all that is no simple command. The shell is then in the state that every branch may have left. */
export function walk(shell: Shell, node: Exclude<Node, Simple>, stdin: Stream): Stream {
  switch (node.node) {
    case 'list': {
      let out = NOTHING
      for (const item of node.items) out = follow(out, shell.run(item, stdin))
      return out
    }
    case 'background':
      return shell.subshell(node.body, stdin, { forks: (shell.state.forks ?? 0) + 1 })
    case 'chain':
      return chain(shell, node, stdin)
    case 'pipe': {
      let stream = stdin
      // Through a named pipe what the last one writes reaches the first one.
      for (let turn = shell.state.fifos === true ? 0 : 1; turn < 2; turn++) {
        stream = stdin
        for (const [i, command] of node.commands.entries())
          stream = shell.subshell(command, stream, { into: reader(command, node.commands[i + 1]) })
      }
      return stream
    }
    case 'group':
      return node.subshell ? shell.subshell(node.body, stdin) : shell.run(node.body, stdin)
    case 'redirected': {
      const before = shell.state.descriptors
      const streams = redirect(shell, node.redirects, stdin)
      const out = shell.run(node.body, streams.stdin)
      shell.state = { ...shell.state, descriptors: before }
      return deliver(shell, out, streams.sink, node.span)
    }
    case 'if': {
      let out = NOTHING
      let ended: State | undefined
      for (const { clause, then } of node.branches) {
        shell.run(clause, stdin)
        const taken = branch(shell, then, stdin)
        out = either(out, taken.out)
        ended = ended === undefined ? taken.state : join(ended, taken.state)
      }
      const last =
        node.otherwise === undefined
          ? { out: NOTHING, state: shell.state }
          : branch(shell, node.otherwise, stdin)
      shell.state = ended === undefined ? last.state : join(last.state, ended)
      return either(out, last.out)
    }
    case 'while': {
      let out = NOTHING
      if (spawnsForever(node))
        shell.emit({ verb: 'exec.bomb', on: { kind: 'program', name: 'while' } }, node.span)
      // Twice: what the first turn set, the second one sees.
      for (let turn = 0; turn < 2; turn++) {
        shell.run(node.clause, stdin)
        const taken = branch(shell, node.body, stdin)
        out = either(out, taken.out)
        shell.state = join(shell.state, taken.state)
      }
      return out
    }
    case 'for':
      return loop(shell, node, stdin)
    case 'case': {
      expandWhole(node.word, shell.around())
      let out = NOTHING
      let state = shell.state
      for (const item of node.items) {
        for (const pattern of item.patterns) expandWhole(pattern, shell.around())
        const taken = branch(shell, item.body, stdin)
        out = either(out, taken.out)
        state = join(state, taken.state)
      }
      shell.state = state
      return out
    }
    case 'function':
      if (!shell.pay(shell.state.functions)) return NOTHING
      shell.state = { ...shell.state, functions: put(shell.state.functions, node.name, node.body) }
      return NOTHING
    case 'coproc': {
      const out = shell.subshell(node.body, NOTHING)
      shell.state = {
        ...shell.state,
        descriptors: put(shell.state.descriptors, `${node.name}[0]`, { read: out }),
      }
      shell.set(node.name, {
        values: [[`${node.name}[0]`]],
        elements: [[`${node.name}[0]`], [`${node.name}[1]`]],
      })
      return NOTHING
    }
    case 'test':
      for (const word of node.words) expandWhole(word, shell.around())
      for (const inner of node.inner) shell.run(inner, stdin)
      return NOTHING
  }
}

/** The words of what reads a command, where nothing else sees what that writes and all of them stand there as they are. */
function reader(from: Node, to: Node | undefined): State['into'] {
  if (from.node !== 'simple' || to?.node !== 'simple') return undefined
  if (from.redirects.length + to.redirects.length > 0) return undefined
  const words: string[] = []
  for (const { parts } of to.words) {
    let text = ''
    for (const part of parts) {
      if (part.part !== 'text') return undefined
      text += part.text
    }
    words.push(text)
  }
  return { at: from.span, words }
}

function branch(shell: Shell, node: Node, stdin: Stream): { readonly out: Stream; readonly state: State } {
  const child = shell.fork()
  const out = child.run(node, stdin)
  // What differs in two states is joined name by name.
  const { variables, files } = shell.state
  if (child.state.variables !== variables) shell.world.step(variables.size >> 1)
  if (child.state.files !== files) shell.world.step(files.size >> 1)
  return { out, state: child.state }
}

function chain(shell: Shell, node: Extract<Node, { node: 'chain' }>, stdin: Stream): Stream {
  let out = shell.run(node.first, stdin)
  for (const link of node.rest) {
    const taken = branch(shell, link.node, stdin)
    out = follow(out, taken.out)
    // After `cd x && …` we are in x: the ordinary course is followed for the directory, both for everything else. After `|| cd x` we
    // may be in either.
    if (link === node.rest[0] && isAlways(node.first, link.operator === '&&')) {
      shell.state = taken.state
      continue
    }
    const both = join(shell.state, taken.state)
    shell.state = link.operator === '&&' ? { ...both, cwd: taken.state.cwd } : both
  }
  return out
}

function loop(shell: Shell, node: Extract<Node, { node: 'for' }>, stdin: Stream): Stream {
  const values: readonly Value[] =
    node.words === undefined
      ? (shell.state.positional ?? [UNKNOWN])
      : expandWords(node.words, shell.around()).flatMap((way) => way.map(({ value }) => value))
  let out = NOTHING
  const turns = values.length <= 16 ? values.map((value) => [value]) : [distinct(values, 64)]
  for (const turn of turns) {
    shell.set(node.name, { values: turn })
    const taken = branch(shell, node.body, stdin)
    out = follow(out, taken.out)
    shell.state = join(shell.state, taken.state)
  }
  return out
}
