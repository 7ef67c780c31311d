/** `text/html; charset=utf-8` by its parts. */
export function parseContentType(text: string): { readonly mediaType: string; readonly charset?: string } {
  const [mediaType = "", ...parameters] = text.split(";").map((each) => each.trim().toLowerCase());
  const charset = parameters.find((each) => each.startsWith("charset="))?.slice("charset=".length);
  return { mediaType, ...(charset !== undefined && { charset: charset.replace(/^"|"$/g, "") }) };
}
