/*
 * A judge in C, to show that the ABI belongs to no language: no library, no runtime, only what the host exports.
 * It passes an answer of one to 2,000 bytes and says what it has counted.
 *
 *   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o judge.wasm judge.c
 */
typedef unsigned long long u64;
typedef unsigned char u8;

#define HOST(name) __attribute__((import_module("extism:host/env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

HOST(alloc) u64 host_alloc(u64 size);
HOST(store_u8) void host_store_u8(u64 address, unsigned int value);
HOST(input_length) u64 host_input_length(void);
HOST(input_load_u8) unsigned int host_input_load_u8(u64 offset);
HOST(output_set) void host_output_set(u64 address, u64 length);
HOST(error_set) void host_error_set(u64 address);
HOST(log_info) void host_log_info(u64 address);

static const char key[] = "\"response\":\"";
static u8 output[256];
static unsigned int used;

static u64 block_of(const u8 *bytes, unsigned int length) {
  u64 address = host_alloc(length);
  for (unsigned int i = 0; i < length; i++) host_store_u8(address + i, bytes[i]);
  return address;
}

static unsigned int length_of(const char *text) {
  unsigned int length = 0;
  while (text[length] != 0) length++;
  return length;
}

static u64 block_of_text(const char *text) { return block_of((const u8 *)text, length_of(text)); }

static void write_text(const char *text) {
  while (*text != 0 && used < sizeof output) output[used++] = (u8)*text++;
}

static void write_number(u64 number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0 && used < sizeof output) output[used++] = (u8)digits[--count];
}

/* Where the text of the response begins in the input; 0 where there is none. */
static u64 find_response(u64 length) {
  unsigned int matched = 0;
  for (u64 i = 0; i < length; i++) {
    u8 byte = (u8)host_input_load_u8(i);
    if (byte == (u8)key[matched]) matched++;
    else matched = byte == (u8)key[0] ? 1 : 0;
    if (matched == sizeof key - 1) return i + 1;
  }
  return 0;
}

/* Bytes up to the quote that ends the text, as they stand in the JSON. */
static u64 count_bytes(u64 start, u64 length) {
  for (u64 i = start; i < length; i++) {
    u8 byte = (u8)host_input_load_u8(i);
    if (byte == '"') return i - start;
    if (byte == '\\') i++;
  }
  return length - start;
}

EXPORT(judge) int judge(void) {
  u64 length = host_input_length();
  u64 start = find_response(length);
  if (start == 0) {
    host_error_set(block_of_text("the input has no response"));
    return 1;
  }
  u64 bytes = count_bytes(start, length);
  int passes = bytes > 0 && bytes <= 2000;
  used = 0;
  write_text("{\"verdict\":\"");
  write_text(passes ? "pass" : "fail");
  write_text("\",\"score\":");
  write_text(passes ? "1" : "0");
  write_text(",\"reasons\":[\"");
  write_text(bytes == 0 ? "it is empty" : passes ? "it is short enough" : "it is too long");
  write_text("\"],\"metrics\":{\"bytes\":");
  write_number(bytes);
  write_text("}}");
  host_log_info(block_of_text("judged by C"));
  host_output_set(block_of(output, used), used);
  return 0;
}
