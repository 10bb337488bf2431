package dev.penstock.tap;

import dev.penstock.fastcgi.RecordType;
import dev.penstock.fastcgi.Role;
import org.jspecify.annotations.Nullable;

/// Follows what the web server sends on one connection.
final class ServerSide extends SideReader {
    private static final int LEAST_BEGIN = 3;

    private final NameRules rules;
    private PairScanner values;

    ServerSide(Conversation conversation) {
        super(conversation, Side.SERVER);
        this.rules = conversation.following().rules();
        this.values = new PairScanner(rules);
    }

    @Override
    void begin() {
        switch (type) {
            case GET_VALUES -> {
                values = new PairScanner(rules);
                managementOnly();
            }
            case BEGIN_REQUEST, ABORT_REQUEST, PARAMS, STDIN, DATA -> requestOnly();
            case END_REQUEST, STDOUT, STDERR, GET_VALUES_RESULT, UNKNOWN_TYPE ->
                conversation.find(id, Fault.FOREIGN_TYPE_SKIPPED, side, name());
            default -> conversation.find(id, Fault.UNKNOWN_TYPE, side, name());
        }
    }

    private String name() {
        RecordType known = RecordType.of(type);
        return (known == null ? "type " + type : known.name()) + " of " + length + " bytes";
    }

    private void managementOnly() {
        if (id != 0) {
            conversation.find(Fault.MANAGEMENT_ID, side, name() + " with id " + id);
        }
    }

    private void requestOnly() {
        if (id == 0) {
            conversation.find(
                    type == BEGIN_REQUEST ? Fault.BEGIN_WITH_ID_0 : Fault.MANAGEMENT_ID, side, name() + " with id 0");
        }
    }

    @Override
    public void content(byte[] bytes, int from, int count) {
        Exchange exchange = conversation.active(id);
        switch (type) {
            case BEGIN_REQUEST -> collect(bytes, from, count);
            case GET_VALUES -> values.feed(bytes, from, count);
            case PARAMS -> variables(exchange, bytes, from, count);
            case STDIN -> input(exchange, bytes, from, count);
            case DATA -> {
                mask(bytes, from, count);
                if (exchange != null) {
                    exchange.dataBytes += count;
                }
            }
            default -> mask(bytes, from, count);
        }
    }

    private void variables(@Nullable Exchange exchange, byte[] bytes, int from, int count) {
        if (exchange == null || exchange.areVariablesComplete) {
            mask(bytes, from, count);
            return;
        }
        exchange.variables.feed(bytes, from, count);
        exchange.variableBytes += count;
        if (exchange.samples != null) {
            exchange.samples.variables.add(bytes, from, count);
        }
        Bounds bounds = conversation.following().bounds();
        if (exchange.variableBytes > bounds.maxVariableBytes()) {
            exchange.find(Fault.TOO_MANY_PAIR_BYTES, side, "more than " + bounds.maxVariableBytes());
        }
        if (exchange.variables.pairs() > bounds.maxVariables()) {
            exchange.find(Fault.TOO_MANY_PAIRS, side, "more than " + bounds.maxVariables());
        }
        if (exchange.variables.claimed() > bounds.maxVariableBytes()) {
            exchange.find(Fault.PAIR_CUT, side, claim(exchange.variables));
        }
    }

    private static String claim(PairScanner pairs) {
        return "pair " + pairs.pairs() + " claims " + pairs.claimed() + " bytes";
    }

    private void input(@Nullable Exchange exchange, byte[] bytes, int from, int count) {
        mask(bytes, from, count);
        if (exchange != null) {
            exchange.inputBytes += count;
            if (exchange.samples != null) {
                exchange.samples.input.add(bytes, from, count);
            }
        }
    }

    @Override
    public void contentEnd() {
        if (type == BEGIN_REQUEST) {
            beginRequest();
            return;
        }
        if (type == GET_VALUES) {
            if (!values.isBetweenPairs()) {
                conversation.find(Fault.PAIR_CUT, side, "GET_VALUES, " + claim(values));
            }
            conversation.valuesAsked();
            return;
        }
        boolean isOfRequest = type == PARAMS || type == STDIN || type == DATA || type == ABORT_REQUEST;
        if (!isOfRequest || id == 0) {
            return;
        }
        Exchange exchange = conversation.active(id);
        if (exchange == null) {
            conversation.inputForNobody(id, type, length);
            return;
        }
        switch (type) {
            case PARAMS -> variablesRecord(exchange);
            case STDIN -> inputRecord(exchange);
            case DATA -> dataRecord(exchange);
            default -> exchange.isAborted = true;
        }
    }

    private void beginRequest() {
        if (length != body.length) {
            conversation.find(id, Fault.BEGIN_LENGTH, side, "found " + length);
        }
        if (id == 0 || length < LEAST_BEGIN) {
            return;
        }
        if (conversation.isInUse(id)) {
            conversation.find(id, Fault.BEGIN_AGAIN, side, "");
            return;
        }
        Exchange exchange = conversation.begin(id, body);
        if (exchange != null && Role.of(exchange.role) == null) {
            exchange.find(Fault.UNKNOWN_ROLE, side, "role " + exchange.role);
        }
    }

    private void variablesRecord(Exchange exchange) {
        if (exchange.areVariablesComplete) {
            exchange.find(Fault.PARAMS_AFTER_END, side, length + " bytes");
        } else if (length == 0) {
            exchange.areVariablesComplete = true;
            if (!exchange.variables.isBetweenPairs()) {
                exchange.find(Fault.PAIR_CUT, side, claim(exchange.variables));
            }
        }
    }

    private void needVariables(Exchange exchange) {
        if (!exchange.areVariablesComplete) {
            exchange.find(Fault.PARAMS_NOT_ENDED, side, name());
        }
    }

    private void inputRecord(Exchange exchange) {
        needVariables(exchange);
        if (exchange.isInputComplete) {
            exchange.find(length == 0 ? Fault.STDIN_ENDS_TWICE : Fault.STDIN_AFTER_END, side, length + " bytes");
        } else if (length == 0) {
            exchange.isInputComplete = true;
            measure(exchange);
        }
    }

    private void measure(Exchange exchange) {
        long expected = exchange.contentLength();
        if (expected >= 0 && exchange.inputBytes != expected && !exchange.isAborted) {
            exchange.find(
                    exchange.inputBytes < expected ? Fault.STDIN_SHORT : Fault.STDIN_LONG,
                    side,
                    exchange.inputBytes + " bytes instead of " + expected);
        }
    }

    private void dataRecord(Exchange exchange) {
        needVariables(exchange);
        if (!exchange.isFor(Role.FILTER)) {
            exchange.find(Fault.DATA_FOR_NO_FILTER, side, name());
        } else if (length == 0) {
            exchange.isDataComplete = true;
        }
    }
}
