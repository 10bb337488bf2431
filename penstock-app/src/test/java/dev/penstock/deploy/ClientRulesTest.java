package dev.penstock.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.penstock.server.AllowedClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientRulesTest {
    @TempDir
    Path folder;

    private ClientRules rules(String allowed, String webServers) throws Exception {
        SettingsBuilder settings = new SettingsBuilder();
        if (allowed != null) {
            settings.option("allowed_clients", allowed, "--set", folder);
        }
        Map<String, String> environment = webServers == null ? Map.of() : Map.of(ClientRules.VARIABLE, webServers);
        return ClientRules.of(settings.build(), environment);
    }

    private static AllowedClients own(ClientRules rules, String host) throws IOException {
        return rules.own(new InetSocketAddress(host, 9000), host + ":9000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1"})
    void loopbackListenerTakesThisMachineByDefault(String host) throws Exception {
        AllowedClients clients = own(rules(null, null), host);
        assertThat(clients.has(InetAddress.getByName("127.0.0.1"))).isTrue();
        assertThat(clients.has(InetAddress.getByName("::1"))).isTrue();
        assertThat(clients.has(InetAddress.getByName("192.0.2.1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1"})
    void otherListenerMustSayWhoMayConnect(String host) throws Exception {
        ClientRules rules = rules(null, null);
        assertThatIOException()
                .isThrownBy(() -> own(rules, host))
                .withMessageContaining(host)
                .withMessageContaining("allowed_clients = ")
                .withMessageContaining("127.0.0.1:9000");
    }

    @Test
    void listCountsOnTheLoopbackInterfaceToo() throws Exception {
        ClientRules rules = rules("10.0.0.0/8", null);
        assertThat(own(rules, "127.0.0.1").has(InetAddress.getByName("127.0.0.1")))
                .isFalse();
        assertThat(own(rules, "0.0.0.0").has(InetAddress.getByName("10.1.2.3"))).isTrue();
    }

    @Test
    void emptyListIsNobody() throws Exception {
        assertThat(own(rules("", null), "127.0.0.1").has(InetAddress.getByName("127.0.0.1")))
                .isFalse();
    }

    @Test
    void ownListenersDoNotAskTheEnvironment() throws Exception {
        assertThat(own(rules(null, "192.0.2.1"), "127.0.0.1").has(InetAddress.getByName("127.0.0.1")))
                .isTrue();
    }

    /// Whether a connection from this machine is taken on a TCP socket that was handed over.
    private static boolean takesLoopback(ClientRules rules) throws IOException {
        try (ServerSocketChannel socket =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel client = SocketChannel.open(socket.getLocalAddress());
                SocketChannel accepted = socket.accept()) {
            assertThat(client.isConnected()).isTrue();
            return rules.handedOver(socket).test(accepted);
        }
    }

    @Test
    void environmentDecidesForSocketsThatWereHandedOver() throws Exception {
        assertThat(takesLoopback(rules(null, null))).isTrue();
        assertThat(takesLoopback(rules(null, "127.0.0.1"))).isTrue();
        assertThat(takesLoopback(rules(null, "192.0.2.1, 127.0.0.1"))).isTrue();
        assertThat(takesLoopback(rules(null, "192.0.2.1,192.0.2.2"))).isFalse();
        assertThat(takesLoopback(rules(null, ""))).as("nobody is named").isFalse();
    }

    @Test
    void listAndEnvironmentMustBothAgree() throws Exception {
        assertThat(takesLoopback(rules("127.0.0.1", "127.0.0.1"))).isTrue();
        assertThat(takesLoopback(rules("192.0.2.1", "127.0.0.1"))).isFalse();
        assertThat(takesLoopback(rules("127.0.0.1", "192.0.2.1"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1 192.0.2.1", "127.0.0.1,,192.0.2.1", "127.0.0.1;"})
    void environmentThatCannotBeReadIsAnError(String addresses) {
        assertThatIOException()
                .isThrownBy(() -> rules(null, addresses))
                .withMessageStartingWith("FCGI_WEB_SERVER_ADDRS: expected numeric addresses");
    }

    @Test
    void socketOnAllInterfacesThatWasHandedOverNeedsAList() throws Exception {
        ClientRules rules = rules(null, null);
        try (ServerSocketChannel socket = ServerSocketChannel.open().bind(new InetSocketAddress("0.0.0.0", 0))) {
            assertThatIOException()
                    .isThrownBy(() -> rules.handedOver(socket))
                    .withMessageContaining("allowed_clients = ");
            assertThat(rules("10.0.0.0/8", null).handedOver(socket)).isNotNull();
        }
    }

    @Test
    void unixSocketsAreNotAskedForAddresses() throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel socket =
                        ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                SocketChannel client = SocketChannel.open(address);
                SocketChannel accepted = socket.accept()) {
            assertThat(client.isConnected()).isTrue();
            Predicate<SocketChannel> clients = rules("", "").handedOver(socket);
            assertThat(clients.test(accepted)).isTrue();
            assertThat(AllowedClients.parse(List.of()).test(accepted)).isTrue();
        }
    }

    @Test
    void listIsReadWithBlanksCommasOrLinesBetween() throws Exception {
        Optional<AllowedClients> read =
                rules("10.1.2.3,\n 10.2.0.0/16\t::1", null).allowed();
        assertThat(read).hasValueSatisfying(clients -> assertThat(clients).hasToString("10.1.2.3 10.2.0.0/16 ::1"));
    }
}
