package io.plumbline.data;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads what the command line's DATA argument says.
final class DataGrammar {
    private static final String SPLIT = ",split=";

    private final String data;
    private final Map<String, String> values = new LinkedHashMap<>();

    private DataGrammar(String data) {
        this.data = data;
    }

    static DataSource parse(String data) {
        var grammar = new DataGrammar(data);
        int colon = data.indexOf(':');
        String kind = colon < 0 ? "" : data.substring(0, colon);
        String rest = data.substring(colon + 1);
        return switch (kind) {
            case "fashion-mnist" -> new DataSource.FashionMnistFolder(grammar.folder(rest), grammar.test(rest));
            case "cifar-10" -> new DataSource.Cifar10Folder(grammar.folder(rest), grammar.test(rest));
            case "gaussian" -> grammar.gaussian(rest);
            case "sphere" -> grammar.sphere(rest);
            default -> {
                if (data.equals(FashionMnist.SAMPLE_NAME)) {
                    yield new DataSource.FashionMnistSample();
                }
                if (data.endsWith(".npz") && data.length() > ".npz".length()) {
                    yield new DataSource.NpzFile(grammar.path(data));
                }
                throw grammar.wrong("unknown source");
            }
        };
    }

    private Path folder(String rest) {
        int split = rest.lastIndexOf(SPLIT);
        String folder = split < 0 ? rest : rest.substring(0, split);
        if (folder.isEmpty()) {
            throw wrong("no folder named");
        }
        return path(folder);
    }

    private boolean test(String rest) {
        int split = rest.lastIndexOf(SPLIT);
        String which = split < 0 ? "train" : rest.substring(split + SPLIT.length());
        return switch (which) {
            case "train" -> false;
            case "test" -> true;
            default -> throw wrong("split is '" + which + "', expected train or test");
        };
    }

    private Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException malformed) {
            throw new IllegalArgumentException("data '" + data + "': not a path: " + malformed.getReason(), malformed);
        }
    }

    private DataSource gaussian(String rest) {
        fields(rest, List.of("n", "d", "k", "exponent", "teacher", "noise", "seed"));
        return new DataSource.GaussianInputs(size("n", null), size("d", null), real("exponent", "0"), labelling());
    }

    private DataSource sphere(String rest) {
        fields(rest, List.of("n", "d", "k", "radius", "teacher", "noise", "seed"));
        return new DataSource.SphereInputs(size("n", null), size("d", null), real("radius", "1"), labelling());
    }

    private DataSource.Labelling labelling() {
        Long seed = values.containsKey("seed") ? Long.valueOf(whole("seed", null, Long.MIN_VALUE)) : null;
        return new DataSource.Labelling(size("k", "1"), real("teacher", "1"), real("noise", "0"), seed);
    }

    private void fields(String rest, List<String> known) {
        for (String field : rest.split(",", -1)) {
            int equals = field.indexOf('=');
            String key = equals < 0 ? field : field.substring(0, equals);
            if (equals < 0 || !known.contains(key)) {
                throw wrong("found '" + field + "', expected " + String.join("=, ", known) + "=");
            }
            if (values.put(key, field.substring(equals + 1)) != null) {
                throw wrong(key + " is there twice");
            }
        }
    }

    private int size(String key, String otherwise) {
        return (int) whole(key, otherwise, 1);
    }

    private long whole(String key, String otherwise, long least) {
        String text = value(key, otherwise);
        long most = least == 1 ? Integer.MAX_VALUE : Long.MAX_VALUE;
        try {
            long value = Long.parseLong(text);
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException malformed) {
            // Reported below, with what was expected.
        }
        throw wrong(key + " is '" + text + "', expected a whole number" + (least == 1 ? " from 1 to " + most : ""));
    }

    private double real(String key, String otherwise) {
        String text = value(key, otherwise);
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException malformed) {
            throw wrong(key + " is '" + text + "', expected a number");
        }
    }

    private String value(String key, String otherwise) {
        String text = values.getOrDefault(key, otherwise);
        if (text == null) {
            throw wrong(key + " is missing");
        }
        return text;
    }

    private IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException("data '" + data + "': " + what + "; the grammar is " + DataSource.GRAMMAR);
    }
}
