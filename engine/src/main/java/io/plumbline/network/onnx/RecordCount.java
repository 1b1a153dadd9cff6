package io.plumbline.network.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.plumbline.data.MalformedFileException;
import java.io.IOException;

/// Counts the records of an ONNX file before anything is made of them: an empty one takes 2 bytes in a file and a hundred in memory.
/// A record is a field that holds other fields; which do, and what they hold, is ONNX's schema (onnx.proto).
final class RecordCount {
    /// Large language models have about ten thousand nodes, each with a few attributes and notes.
    static final int MOST = 1 << 20;
    private static final int DEEPEST = 50;

    private final String name;
    private final CodedInputStream input;
    private int count;

    /// The records whose fields may be records.
    private enum Kind {
        MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, VALUE, TYPE, TENSOR_TYPE, NESTED_TYPE, SHAPE, TRAINING, FUNCTION, ANNOTATION, LEAF;

        /// What a field holds, or null if it is no record.
        Kind of(int field) {
            return switch (this) {
                case MODEL -> switch (field) {
                    case 7 -> GRAPH;
                    case 8, 14 -> LEAF;
                    case 20 -> TRAINING;
                    case 25 -> FUNCTION;
                    default -> null;
                };
                case GRAPH -> switch (field) {
                    case 1 -> NODE;
                    case 5 -> TENSOR;
                    case 11, 12, 13 -> VALUE;
                    case 14 -> ANNOTATION;
                    case 15 -> SPARSE;
                    case 16 -> LEAF;
                    default -> null;
                };
                case NODE -> field == 5 ? ATTRIBUTE : field == 9 ? LEAF : null;
                case ATTRIBUTE -> switch (field) {
                    case 5, 10 -> TENSOR;
                    case 6, 11 -> GRAPH;
                    case 14, 15 -> TYPE;
                    case 22, 23 -> SPARSE;
                    default -> null;
                };
                case TENSOR -> field == 3 || field == 13 || field == 16 ? LEAF : null;
                case SPARSE -> field == 1 || field == 2 ? TENSOR : null;
                case VALUE -> field == 2 ? TYPE : field == 4 ? LEAF : null;
                case TYPE -> switch (field) {
                    case 1, 8 -> TENSOR_TYPE;
                    case 4, 5, 9 -> NESTED_TYPE;
                    default -> null;
                };
                case TENSOR_TYPE -> field == 2 ? SHAPE : null;
                case NESTED_TYPE -> field == 1 || field == 2 ? TYPE : null;
                case SHAPE -> field == 1 ? LEAF : null;
                case TRAINING -> field == 1 || field == 2 ? GRAPH : field == 3 || field == 4 ? LEAF : null;
                case FUNCTION -> switch (field) {
                    case 7 -> NODE;
                    case 11 -> ATTRIBUTE;
                    case 9, 14 -> LEAF;
                    case 12 -> VALUE;
                    default -> null;
                };
                case ANNOTATION -> field == 2 ? LEAF : null;
                case LEAF -> null;
            };
        }
    }

    private RecordCount(String name, CodedInputStream input) {
        this.name = name;
        this.input = input;
    }

    /// Throws [MalformedFileException] if `bytes` hold more than [#MOST] records, and what protobuf throws if they are damaged.
    static void check(String name, byte[] bytes) throws IOException {
        new RecordCount(name, CodedInputStream.newInstance(bytes)).walk(Kind.MODEL, 0);
    }

    private void walk(Kind kind, int depth) throws IOException {
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            Kind record = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED ? kind.of(WireFormat.getTagFieldNumber(tag)) : null;
            if (record == null) {
                input.skipField(tag);
                continue;
            }
            if (++count > MOST) {
                throw new MalformedFileException(name + ": expected at most " + MOST + " nodes, initialisers and other records, found more");
            }
            if (depth == DEEPEST) {
                throw new MalformedFileException(name + ": expected records at most " + DEEPEST + " deep, found deeper ones");
            }
            int outer = input.pushLimit(input.readRawVarint32());
            walk(record, depth + 1);
            input.popLimit(outer);
        }
    }
}
