#include "events/broker_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "events/broker_amqp.h"

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

/* Room for what is sent while the broker does not read: more than thrice one
 * message, so that a socket that poll(2) calls writable takes a whole one and
 * no call of librabbitmq, which has no deadline there, waits. */
#define SEND_BUFFER_BYTES (256 * 1024)

#define GOODBYE_MS 1000

static struct timeval time_of(long ms)
{
	return (struct timeval){.tv_sec = ms / 1000,
				.tv_usec = ms % 1000 * 1000};
}

int broker_lost(struct broker_link *link, const char *what, const char *why,
		struct error *err)
{
	link->is_lost = true;
	return error_set(err, EX_UNAVAILABLE, "cannot %s: %s", what, why);
}

int broker_lost_status(struct broker_link *link, const char *what, int status,
		       struct error *err)
{
	return broker_lost(link, what, amqp_error_string2(status), err);
}

void broker_copy(amqp_bytes_t from, char *to, size_t size)
{
	size_t length = from.len < size - 1 ? from.len : size - 1;

	if (length > 0)
		memcpy(to, from.bytes, length);
	to[length] = '\0';
}

int broker_closed(struct broker_link *link, const char *what,
		  const amqp_method_t *method, struct error *err)
{
	char text[BROKER_SHORT_MAX_BYTES + 1] = "the broker closed";
	int code = 0;

	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *close = method->decoded;

		code = close->reply_code;
		broker_copy(close->reply_text, text, sizeof(text));
	} else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		const amqp_connection_close_t *close = method->decoded;

		code = close->reply_code;
		broker_copy(close->reply_text, text, sizeof(text));
	}
	broker_lost(link, what, text, err);
	link->close_code = code;
	if (err != NULL && code == AMQP_PRECONDITION_FAILED)
		err->code = EX_CONFIG;
	return -1;
}

/* What a question to the broker came to. */
static int check_reply(struct broker_link *link, const char *what,
		       amqp_rpc_reply_t reply, struct error *err)
{
	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
		return broker_closed(link, what, &reply.reply, err);
	return broker_lost_status(link, what, reply.library_error, err);
}

int broker_check_answer(struct broker_link *link, const char *what,
			struct error *err)
{
	return check_reply(link, what, amqp_get_rpc_reply(link->state), err);
}

static amqp_socket_t *make_socket(struct broker_link *link, bool is_tls,
				  struct error *err)
{
	const char *authorities = getenv("SSL_CERT_FILE");
	amqp_socket_t *socket;

	socket = is_tls ? amqp_ssl_socket_new(link->state)
			: amqp_tcp_socket_new(link->state);
	if (socket == NULL) {
		error_no_memory(err);
		return NULL;
	}
	if (!is_tls)
		return socket;
	amqp_ssl_socket_set_verify_peer(socket, 1);
	amqp_ssl_socket_set_verify_hostname(socket, 1);
	amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
	if (authorities == NULL || authorities[0] == '\0')
		authorities = AUTHORITIES;
	if (amqp_ssl_socket_set_cacert(socket, authorities) == AMQP_STATUS_OK)
		return socket;
	error_set(err, EX_UNAVAILABLE,
		  "cannot read the certificates of %s (package "
		  "ca-certificates)",
		  authorities);
	return NULL;
}

static int connect_socket(struct broker_link *link,
			  const struct broker_url *url, struct error *err)
{
	struct timeval connect = time_of(BROKER_CONNECT_MS);
	amqp_socket_t *socket = make_socket(link, url->is_tls, err);
	int bytes = SEND_BUFFER_BYTES;
	int status;

	if (socket == NULL)
		return -1;
	status = amqp_socket_open_noblock(socket, url->host, url->port,
					  &connect);
	if (status != AMQP_STATUS_OK)
		return broker_lost_status(link, "connect", status, err);
	if (setsockopt(amqp_get_sockfd(link->state), SOL_SOCKET, SO_SNDBUF,
		       &bytes, sizeof(bytes)) != 0)
		return broker_lost(link, "connect", strerror(errno), err);
	return 0;
}

/* Says that we want to hear when our queue is deleted and when the broker is
 * short of memory or disk: it tells only those who do. */
static int log_in(struct broker_link *link, const struct broker_url *url,
		  struct error *err)
{
	amqp_table_entry_t wanted[] = {
		broker_flag_entry("consumer_cancel_notify"),
		broker_flag_entry("connection.blocked"),
	};
	amqp_table_entry_t properties[] = {
		broker_text_entry("product", "Marquee"),
		broker_text_entry("version", MARQUEE_VERSION),
		broker_entry("capabilities",
			     (amqp_field_value_t){
				     .kind = AMQP_FIELD_KIND_TABLE,
				     .value.table = {.num_entries = 2,
						     .entries = wanted}}),
	};
	amqp_table_t table = {.num_entries = 3, .entries = properties};

	return check_reply(link, "log in",
			   amqp_login_with_properties(
				   link->state, url->vhost, BROKER_CHANNEL,
				   BROKER_FRAME_MAX_BYTES, BROKER_HEARTBEAT_S,
				   &table, AMQP_SASL_METHOD_PLAIN, url->user,
				   url->password),
			   err);
}

static int start(struct broker_link *link, const struct broker_url *url,
		 struct error *err)
{
	struct timeval answer = time_of(BROKER_ANSWER_MS);

	amqp_set_handshake_timeout(link->state, &answer);
	amqp_set_rpc_timeout(link->state, &answer);
	if (connect_socket(link, url, err) != 0 || log_in(link, url, err) != 0)
		return -1;
	amqp_channel_open(link->state, BROKER_CHANNEL);
	if (broker_check_answer(link, "open a channel", err) != 0)
		return -1;
	amqp_confirm_select(link->state, BROKER_CHANNEL);
	return broker_check_answer(link, "ask for confirms", err);
}

struct broker_link *broker_link_open(const struct broker_url *url,
				     struct error *err)
{
	struct broker_link *link = calloc(1, sizeof(*link));

	if (link != NULL)
		link->state = amqp_new_connection();
	if (link == NULL || link->state == NULL) {
		free(link);
		error_no_memory(err);
		return NULL;
	}
	if (start(link, url, err) == 0)
		return link;
	link->is_lost = true;
	broker_link_close(link);
	return NULL;
}

void broker_link_close(struct broker_link *link)
{
	struct timeval goodbye = time_of(GOODBYE_MS);

	if (link == NULL)
		return;
	if (!link->is_lost) {
		amqp_set_rpc_timeout(link->state, &goodbye);
		amqp_connection_close(link->state, AMQP_REPLY_SUCCESS);
	}
	amqp_destroy_connection(link->state);
	buffer_free(&link->delivery.body);
	free(link);
}

int broker_link_fd(const struct broker_link *link)
{
	return amqp_get_sockfd(link->state);
}
