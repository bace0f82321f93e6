import type { Hint } from "../ast.js";
import { ExpressionGrammar } from "./expression-grammar.js";
import { type GrammarToken, Name, NumberToken, S, StringToken } from "./vocabulary.js";

/** Hint comments, behind SELECT and behind a table. */
export abstract class HintGrammar extends ExpressionGrammar {
  /** The content of a hint comment. */
  readonly hints = this.RULE("hints", (): Hint[] => {
    const hints: Hint[] = [];
    this.CONSUME(S.HintStart);
    this.AT_LEAST_ONE_SEP({ SEP: S.Comma, DEF: () => void hints.push(this.SUBRULE(this.hint)) });
    this.CONSUME(S.HintEnd);
    return hints;
  });

  readonly hint = this.RULE("hint", (): Hint => {
    const start = this.peek(1).start;
    const options: { key: string; value: string }[] = [];
    const plain: string[] = [];
    const name = this.toIdentifier(this.CONSUME(Name));
    this.OPTION(() => {
      this.CONSUME(S.LeftParen);
      this.MANY_SEP({
        SEP: S.Comma,
        DEF: () => {
          const key = this.SUBRULE(this.hintWord);
          const value = this.OPTION2(() => {
            this.CONSUME(S.Equal);
            return this.SUBRULE2(this.hintWord);
          });
          if (value === undefined) plain.push(key);
          else options.push({ key, value });
        },
      });
      this.CONSUME(S.RightParen);
    });
    return { kind: "Hint", name, options, arguments: plain, span: this.spanFrom(start) };
  });

  readonly hintWord = this.RULE("hintWord", (): string => {
    const token = this.OR([
      { ALT: () => this.CONSUME(Name) },
      { ALT: () => this.CONSUME(StringToken) },
      { ALT: () => this.CONSUME(NumberToken) },
    ]) as GrammarToken;
    return token.source?.value === "" ? token.image : (token.source?.value ?? "");
  });
}
