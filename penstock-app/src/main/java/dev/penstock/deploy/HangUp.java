package dev.penstock.deploy;

import java.lang.reflect.Proxy;

/// Does something at SIGHUP, as servers do, instead of ending.
final class HangUp {
    private HangUp() {}

    /// By reflection, because the compiler warns of `sun.misc.Signal` wherever it is named; there is no
    /// other way to take a signal, and a JVM without it only keeps its own way.
    static void run(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (_, _, _) -> {
                action.run();
                return null;
            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), ours);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return; // SIGHUP ends the server then.
        }
    }
}
