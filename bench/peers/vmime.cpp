/* SPDX-License-Identifier: MIT */
/*
 * vmime PORT CA-FILE|- retr|session COUNT - as ../clients/ours.c, with VMime.
 * In TLS it verifies against the CA file.
 */
#include <cstdlib>
#include <iostream>
#include <string>

#include <vmime/net/tls/TLSProperties.hpp>
#include <vmime/platforms/posix/posixHandler.hpp>
#include <vmime/security/cert/defaultCertificateVerifier.hpp>
#include <vmime/utility/inputStreamAdapter.hpp>
#include <vmime/vmime.hpp>

#include <fstream>

/* Counts what it is given. */
class sink : public vmime::utility::outputStream
{
  public:
    unsigned long long octets = 0;
    void flush() override
    {
    }

  protected:
    void writeImpl(const vmime::byte_t *const, const size_t count) override
    {
        octets += count;
    }
};

static vmime::shared_ptr<vmime::security::cert::certificateVerifier>
verifier(const char *ca_file)
{
    using namespace vmime::security::cert;
    auto made = vmime::make_shared<defaultCertificateVerifier>();
    std::ifstream file(ca_file);
    vmime::utility::inputStreamAdapter in(file);
    std::vector<vmime::shared_ptr<X509Certificate>> roots;

    roots.push_back(X509Certificate::import(in));
    made->setX509RootCAs(roots);
    return made;
}

static void
run(char **argv)
{
    bool tls = std::string(argv[2]) != "-";
    bool all = std::string(argv[3]) == "session";
    size_t count = std::strtoul(argv[4], nullptr, 10);
    auto session = vmime::net::session::create();
    auto store = session->getStore(
        vmime::utility::url(std::string(tls ? "pop3s" : "pop3") +
                            "://a:secret@localhost:" + argv[1]));
    sink out;

    store->setProperty("options.sasl", false);
    store->setProperty("options.apop", false);
    if (tls)
        store->setCertificateVerifier(verifier(argv[2]));
    store->connect();
    auto folder = store->getDefaultFolder();
    folder->open(vmime::net::folder::MODE_READ_WRITE);
    auto messages =
        folder->getMessages(vmime::net::messageSet::byNumber(1, count));
    if (all)
        folder->fetchMessages(messages, vmime::net::fetchAttributes(
                                            vmime::net::fetchAttributes::SIZE |
                                            vmime::net::fetchAttributes::UID));
    for (auto &message : messages)
        message->extract(out);
    if (all)
        folder->deleteMessages(vmime::net::messageSet::byNumber(1, count));
    folder->close(all);
    store->disconnect();
}

int
main(int argc, char **argv)
{
    if (argc != 5)
        return 64;
    try {
        vmime::platform::setHandler<vmime::platforms::posix::posixHandler>();
        run(argv);
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}
