import { SelvedgeError, isRefusalCode } from '@selvedge/errors';

const MAX_TEXT = 2_000;
const CODE_AND_TEXT = /(?<![A-Za-z0-9_])(?<code>[A-Z][A-Z0-9_]*): (?<text>.*)/su;

/** How a chaincode's refusal travels: `CODE: text`, in the message of its response. */
export function refusalText(error: SelvedgeError): string {
  return `${error.code}: ${error.message}`;
}

/**
 * The refusal of one of our chaincodes in a peer's or gateway's message, which may wrap it ("chaincode response 500,
 * CODE: text"); undefined when there is none. The text is not trusted: it is cut.
 */
export function parseRefusalText(message: string): SelvedgeError | undefined {
  let rest = message.slice(0, MAX_TEXT);
  for (let match = CODE_AND_TEXT.exec(rest); match !== null; match = CODE_AND_TEXT.exec(rest)) {
    const { code = '', text = '' } = match.groups ?? {};
    if (isRefusalCode(code)) return new SelvedgeError(code, text, { role: 'endorser' });
    rest = text;
  }
  return undefined;
}
