// Questions about a tree that need no shell.
import type { Node, Redirect } from './tree.ts'

/** `$(<file)` */
export function onlyRead(body: Node): readonly Redirect[] | undefined {
  const only = body.node === 'list' && body.items.length === 1 ? body.items[0] : undefined
  if (only?.node !== 'simple' || only.words.length > 0 || only.assigns.length > 0) return undefined
  return only.redirects.some(({ operator }) => operator.startsWith('<')) ? only.redirects : undefined
}

/** Whether a body calls its own function more than once: the fork bomb. */
export function callsItself(body: Node, name: string): boolean {
  // The fork bomb: a body that pipes into itself in the background.
  const names = (node: Node): number => {
    if (node.node === 'simple') {
      const first = node.words[0]?.parts[0]
      return first?.part === 'text' && first.text === name ? 1 : 0
    }
    const inner =
      node.node === 'list'
        ? node.items
        : node.node === 'pipe'
          ? node.commands
          : node.node === 'background' || node.node === 'group'
            ? [node.body]
            : []
    return inner.reduce((sum, one) => sum + names(one), 0)
  }
  return names(body) > 1
}

/**
 * A loop that never ends and starts a command in the background at each turn without ever waiting for one.
 * `wait` in a subshell waits for nothing.
 */
export function spawnsForever({ clause, body, until }: Extract<Node, { node: 'while' }>): boolean {
  return isAlways(clause, until !== true) && pending(body, 0) > 0
}

/** `true`, `:`, `[ 1 ]`, `! false`, `((1))`, or `false` where that is wanted: what follows is certain. */
export function isAlways(clause: Node, wanted: boolean): boolean {
  const only = clause.node === 'list' && clause.items.length === 1 ? clause.items[0] : clause
  if (only?.node === 'test') return wanted && only.always === true
  if (only?.node !== 'simple') return false
  const words = only.words.map(({ parts }) => {
    const [first] = parts
    return parts.length === 1 && first?.part === 'text' ? first.text : ''
  })
  const name = words[0]?.split('/').at(-1)
  if (name === 'true' || name === ':') return wanted && words.length === 1
  if (name === 'false') return !wanted
  return wanted && name === '[' && words.length === 3 && words[1] !== '' && words[2] === ']'
}

/** How many background commands are left behind; -1 where the loop is left. */
function pending(node: Node, before: number): number {
  if (before < 0) return before
  if (node.node === 'background') return before + 1
  if (node.node === 'list') return node.items.reduce((sum, one) => pending(one, sum), before)
  // What a subshell leaves running is nobody's any more, and it waits for nothing but its own.
  if (node.node === 'group')
    return node.subshell ? before + Math.max(pending(node.body, 0), 0) : pending(node.body, before)
  if (node.node === 'chain')
    return node.rest.reduce((sum, { node: one }) => pending(one, sum), pending(node.first, before))
  if (node.node === 'if') return node.branches.reduce((sum, { then }) => pending(then, sum), before)
  if (node.node !== 'simple') return before
  const first = node.words[0]?.parts[0]
  const name = first?.part === 'text' ? first.text : ''
  if (name === 'break' || name === 'exit' || name === 'return') return -1
  return name === 'wait' ? 0 : before
}
