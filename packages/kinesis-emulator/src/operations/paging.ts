import { ServiceError, invalidArgument } from "../errors.js";
import { TOKEN_LIFETIME_MS } from "../limits.js";
import type { Account } from "../store/account.js";
import { decodePage, encodePage, type PageContent } from "../store/token.js";

/** A token for the next page, good for five minutes. */
export function pageToken(account: Account, page: Omit<PageContent, "issuedMs">): string {
  return encodePage({ ...page, issuedMs: account.clock.now() });
}

/** @throws InvalidArgumentException for a token of another kind, ExpiredNextTokenException for an old one. */
export function decodePageOf(account: Account, token: string, operation: string): PageContent {
  const page = decodePage(token, operation);
  if (page === undefined) throw invalidArgument("Invalid NextToken.");
  if (account.clock.now() - page.issuedMs > TOKEN_LIFETIME_MS) {
    throw new ServiceError("ExpiredNextTokenException", "The NextToken has expired.");
  }
  return page;
}
