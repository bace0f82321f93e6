/** What a row of a changelog says: insert, update-before, update-after, delete. @public */
export type RowKind = "+I" | "-U" | "+U" | "-D";
