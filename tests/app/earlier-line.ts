// Settings in which the line of the hook is one of an earlier release.
export function withEarlierLine(settings: string): string {
  return settings.replaceAll(
    /"unset (?:[^"\\]|\\.)*? (\/(?:[^"\\]|\\.)*? hook claude-code (?:[^"\\]|\\.)*?) --environment (?:[^"\\]|\\.)*?printf '%s\\\\n' ('[^']*')(?:[^"\\]|\\.)*"/g,
    (_all, hook: string, sentence: string) => {
      const program = hook.slice(hook.lastIndexOf(' /', hook.indexOf(' hook claude-code') - 1) + 1)
      return JSON.stringify(
        `timeout 15 ${program} --closed && false || { s=$?; [ $s -eq 10 ] && exit 0; [ $s -eq 2 ] || echo ${sentence} >&2; exit 2; }`,
      )
    },
  )
}
