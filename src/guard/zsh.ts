// Redirections that zsh has and bash has not: read for what they would write there (the shell of a hook may be either).
import type { Node, Redirect, Word } from './tree.ts'

const isBang = (redirect: Redirect) => {
  const [only, more] = redirect.target?.parts ?? []
  return (
    redirect.operator.startsWith('>') &&
    more === undefined &&
    only?.part === 'text' &&
    !only.quoted &&
    only.text === '!'
  )
}

/** `>! file` is one redirection to zsh: the word behind is a file that may be written too. */
export function forced(redirects: readonly Redirect[], words: readonly Word[]): readonly Redirect[] {
  if (!redirects.some(isBang)) return redirects
  return redirects.flatMap((one) => {
    const target = isBang(one) ? words.find(({ span }) => span[0] >= one.span[1]) : undefined
    return target === undefined ? [one] : [one, { ...one, target }]
  })
}

/** `&>| file` and `>>| file` of zsh look like a pipe behind a redirection without a file. */
export function clobbered(commands: readonly Node[]): readonly Node[] {
  return commands.map((one, i) => {
    const next = commands[i + 1]
    if (one.node !== 'simple' || next?.node !== 'simple') return one
    const last = one.redirects.at(-1)
    const [target] = next.words
    if (last === undefined || last.target !== undefined || target === undefined) return one
    return { ...one, redirects: [...one.redirects.slice(0, -1), { ...last, target }] }
  })
}
