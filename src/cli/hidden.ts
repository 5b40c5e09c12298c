// Reading a value from the terminal without showing it.

/** One line from the terminal, without echo. Ctrl-C gives an empty value. */
export async function readHidden(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(prompt)
  stdin.setRawMode(true)
  stdin.resume()
  stdin.setEncoding('utf8')
  try {
    return await new Promise<string>((resolve) => {
      let value = ''
      const take = (chunk: string) => {
        for (const character of chunk) {
          if (character === '\r' || character === '\n' || character === '\u0004') return finish(value)
          if (character === '\u0003') return finish('')
          value = character === '\u007f' ? value.slice(0, -1) : value + character
        }
      }
      const finish = (result: string) => {
        stdin.off('data', take)
        resolve(result)
      }
      stdin.on('data', take)
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
