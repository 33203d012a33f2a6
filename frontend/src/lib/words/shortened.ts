// Long prompts would be read out in full at each visit of the picture.
const READ_OUT_CHARACTERS = 120;

/** A prompt as the name of a picture. */
export function shortened(prompt: string): string {
  if (prompt.length <= READ_OUT_CHARACTERS) return prompt;
  return `${prompt.slice(0, READ_OUT_CHARACTERS - 1)}…`;
}
