package org.selvedge.compliance;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Arguments of a call, as JSON has them. */
final class Arguments {
    private final List<Object> values;

    Arguments(final List<Object> values) {
        this.values = values;
    }

    String text(final int index) {
        return index < values.size() ? (String) values.get(index) : "";
    }

    int number(final int index) {
        return ((Number) values.get(index)).intValue();
    }

    String[] texts(final int index) {
        return ((List<?>) values.get(index)).toArray(new String[0]);
    }

    /** Text, "hex:00ff", or "times:1000" for so many letters. */
    byte[] bytes(final int index) {
        final String text = text(index);
        if (text.startsWith("hex:")) {
            return ofHex(text.substring(4));
        }
        if (text.startsWith("times:")) {
            return "x".repeat(Integer.parseInt(text.substring(6))).getBytes(StandardCharsets.UTF_8);
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String hex(final byte[] value) {
        final StringBuilder text = new StringBuilder();
        for (final byte one : value == null ? new byte[0] : value) {
            text.append(String.format("%02x", one));
        }
        return text.toString();
    }

    static String text(final byte[] value) {
        return value == null ? "" : new String(value, StandardCharsets.UTF_8);
    }

    private static byte[] ofHex(final String text) {
        final byte[] bytes = new byte[text.length() / 2];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) Integer.parseInt(text.substring(2 * index, 2 * index + 2), 16);
        }
        return bytes;
    }
}
