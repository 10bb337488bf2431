package dev.penstock.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedClientsTest {
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.2, false",
        "10.1.2.3, 10.1.2.4, false",
        "10.1.0.0/16, 10.1.0.0, true",
        "10.1.0.0/16, 10.1.255.255, true",
        "10.1.0.0/16, 10.2.0.0, false",
        "10.1.0.0/16, 10.0.255.255, false",
        "10.1.2.0/23, 10.1.3.255, true",
        "10.1.2.0/23, 10.1.4.0, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "10.1.2.3/32, 10.1.2.3, true",
        "::1, ::1, true",
        "::1, 127.0.0.1, false",
        "::/0, 2001:db8::1, true",
        "::/0, 127.0.0.1, false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::ffff:10.1.2.3, 10.1.2.3, true",
        "::ffff:10.1.0.0/112, 10.1.9.9, true",
        "::ffff:10.1.0.0/112, 10.2.9.9, false",
        "::ffff:0:0/96, 203.0.113.9, true",
    })
    void addressIsInAListOfOneOrNot(String listed, String address, boolean isIn) throws UnknownHostException {
        assertThat(AllowedClients.parse(List.of(listed)).has(InetAddress.getByName(address)))
                .isEqualTo(isIn);
    }

    @Test
    void mappedAddressComparesAsIpv4() throws UnknownHostException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, 10, 1, 2, 3};
        assertThat(AllowedClients.parse(List.of("10.1.2.3")).has(InetAddress.getByAddress(mapped)))
                .isTrue();
    }

    @Test
    void anyOfTheListIsEnough() throws UnknownHostException {
        AllowedClients clients = AllowedClients.parse(List.of("10.1.2.3", "::1"));
        assertThat(clients.has(InetAddress.getByName("::1"))).isTrue();
        assertThat(clients.has(InetAddress.getByName("10.1.2.3"))).isTrue();
        assertThat(clients).hasToString("10.1.2.3 ::1");
    }

    @Test
    void emptyListIsNobody() throws UnknownHostException {
        assertThat(AllowedClients.parse(List.of()).has(InetAddress.getByName("127.0.0.1")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "web.example.com",
                "10.1",
                "10",
                "0x7f.0.0.1",
                "10.1.2.256",
                "10.1.2.3.4",
                "10.1.2.0/33",
                "10.1.2.0/",
                "10.1.2.0/-1",
                "10.1.2.0/a",
                "/8",
                "",
                "*",
                "::1/129",
                "fe80::1%eth0",
                "[::1]",
                "::g",
                "::ffff:10.1.0.0/95",
                "127.0.0.1:9000",
            })
    void namesAndNonsenseAreErrors(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AllowedClients.parse(List.of(word)))
                .withMessageContaining("numeric addresses and networks like");
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3/8", "2001:db8::1/64", "::ffff:10.1.2.3/112"})
    void networkWithBitsBehindItsPrefixIsAMistake(String word) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AllowedClients.parse(List.of(word)))
                .withMessageEndingWith("not " + word);
    }

    @Test
    void addressOfAHandedOverSocketIsTheKernelsOwn() {
        byte[] ipv4 = {2, 0, 0x1f, (byte) 0x90, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0};
        assertThat(PeerName.parse(ipv4)).hasToString("/10.1.2.3:8080");
        byte[] ipv6 = new byte[28];
        ipv6[0] = 10;
        ipv6[3] = 80;
        ipv6[23] = 1;
        assertThat(PeerName.parse(ipv6)).hasToString("/[0:0:0:0:0:0:0:1]:80");
        assertThat(PeerName.parse(new byte[16])).isNull();
        assertThat(PeerName.parse(new byte[0])).isNull();
    }
}
