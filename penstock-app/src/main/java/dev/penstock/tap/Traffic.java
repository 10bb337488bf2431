package dev.penstock.tap;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// All conversations of a tap, live or out of a recording. For one thread.
final class Traffic {
    private final Following following;
    private final Map<Integer, Conversation> conversations = new LinkedHashMap<>();
    private long earliestDue = Long.MAX_VALUE;
    private long unseen;

    Traffic(Following following) {
        this.following = following;
    }

    /// Takes one thing that happened, and masks what is secret in its bytes.
    void take(Entry entry) {
        at(entry.time);
        if (entry.kind == Entry.Kind.END) {
            over();
            return;
        }
        Conversation conversation = conversation(entry.connection);
        conversation.at(entry.time);
        switch (entry.kind) {
            case OPENED, END -> {}
            case FROM_SERVER -> conversation.passed(Side.SERVER, entry.bytes, entry.from, entry.length);
            case FROM_APPLICATION -> conversation.passed(Side.APPLICATION, entry.bytes, entry.from, entry.length);
            case SERVER_CLOSED -> conversation.closedBy(Side.SERVER);
            case APPLICATION_CLOSED -> conversation.closedBy(Side.APPLICATION);
            case SERVER_RESET -> conversation.resetBy(Side.SERVER);
            case APPLICATION_RESET -> conversation.resetBy(Side.APPLICATION);
            case SERVER_DEAF -> conversation.deaf(Side.SERVER);
            case APPLICATION_DEAF -> conversation.deaf(Side.APPLICATION);
            case GAP_FROM_SERVER -> conversation.gap(Side.SERVER);
            case GAP_FROM_APPLICATION -> conversation.gap(Side.APPLICATION);
            case UNREACHABLE -> conversation.unreachable(entry.text());
            case OVER -> {
                conversations.remove(entry.connection);
                end(conversation);
            }
        }
        earliestDue = Math.min(earliestDue, conversation.closeDue());
    }

    /// Time goes on while nothing happens.
    void at(long micros) {
        if (micros < earliestDue) {
            return;
        }
        earliestDue = Long.MAX_VALUE;
        for (Conversation conversation : conversations.values()) {
            conversation.at(micros);
            earliestDue = Math.min(earliestDue, conversation.closeDue());
        }
    }

    /// Nothing more will come: shows what is not finished.
    void over() {
        conversations.values().forEach(this::end);
        conversations.clear();
    }

    /// Requests that passed without being followed.
    long unseen() {
        return unseen;
    }

    private void end(Conversation conversation) {
        conversation.over();
        unseen += conversation.unseen();
    }

    private Conversation conversation(int number) {
        Conversation known = conversations.get(number);
        if (known != null) {
            return known;
        }
        // The end of a conversation can be lost in a full queue or a recording that somebody made up.
        if (conversations.size() >= 2 * following.bounds().maxConnections()) {
            Iterator<Conversation> oldest = conversations.values().iterator();
            Conversation forgotten = oldest.next();
            oldest.remove();
            end(forgotten);
        }
        Conversation conversation = new Conversation(number, following);
        conversations.put(number, conversation);
        return conversation;
    }
}
